<#
.SYNOPSIS
Checks the scripts of this folder with PowerShell's own parser, and with PSScriptAnalyzer.

.DESCRIPTION
Runs on any Windows, not elevated, in Windows PowerShell 5.1 and in PowerShell 7. The tests of the
project check the same files with another grammar, on Linux; this is the real one. It runs none.

Not run on Windows yet: docs/windows-status.md.

.PARAMETER Path
The folder.

.EXAMPLE
PS> .\Test-LabScript.ps1

One object for each finding; nothing when there is none. Throws when a file does not parse.

.NOTES
Changes nothing.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [string] $Path = $PSScriptRoot
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

$files = @(Get-ChildItem -LiteralPath $Path -File | Where-Object -FilterScript {
        $_.Extension -in '.ps1', '.psm1'
    })
if ($files.Count -eq 0) {
    throw "'$Path' has no scripts. -Path names the folder lab."
}
$analyzer = Get-Module -Name PSScriptAnalyzer -ListAvailable | Select-Object -First 1
if ($null -eq $analyzer) {
    Write-Warning -Message 'Parsing only: Install-Module PSScriptAnalyzer brings the analyzer.'
}
$broken = 0
foreach ($file in $files) {
    if (-not $PSCmdlet.ShouldProcess($file.Name, 'Check')) {
        continue
    }
    $tokens = $null
    $errors = $null
    $null = [System.Management.Automation.Language.Parser]::ParseFile(
        $file.FullName, [ref] $tokens, [ref] $errors)
    foreach ($found in $errors) {
        $broken++
        [pscustomobject]@{
            File = $file.Name
            Line = $found.Extent.StartLineNumber
            Rule = $found.ErrorId
            Says = $found.Message
        }
    }
    if ($null -ne $analyzer) {
        Invoke-ScriptAnalyzer -Path $file.FullName | ForEach-Object -Process {
            [pscustomobject]@{
                File = $file.Name
                Line = $_.Line
                Rule = $_.RuleName
                Says = $_.Message
            }
        }
    }
}
if ($broken -gt 0) {
    throw "$broken errors: these files do not parse."
}
