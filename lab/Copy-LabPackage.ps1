<#
.SYNOPSIS
Copies the driver package and the scripts of this folder into the guest.

.DESCRIPTION
Runs on the Hyper-V host. Uses PowerShell Direct; with -GuestService the integration service for
copying files, which needs no account of the guest but cannot tidy up what was there before.

Not run on Windows yet: docs/windows-status.md.

.PARAMETER VMName
The virtual machine; Initialize-LabVm.ps1 prepares it.

.PARAMETER Credential
An administrator of the guest. Not used with -GuestService.

.PARAMETER PackagePath
The folder that cargo xtask package made, with netpnplwf.sys, .inf and .cat; a .pdb and a .cer go
along when they are there. One that was made on Linux has no .cat: sign it first, as its README.txt
says.

.PARAMETER GuestService
Copy with Copy-VMFile.

.EXAMPLE
PS> .\Copy-LabPackage.ps1 -VMName netpnp -Credential $c -PackagePath .

.NOTES
Changes in the guest: the folder C:\netpnp is emptied of earlier packages and scripts and filled.
Recordings in it stay.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true)] [string] $VMName,
    [pscredential] $Credential,
    [Parameter(Mandatory = $true)] [string] $PackagePath,
    [switch] $GuestService
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
Import-Module -Name (Join-Path $PSScriptRoot 'NetPnpLab.psm1') -Force
Assert-LabElevated

$kinds = '.sys', '.inf', '.cat', '.pdb', '.cer', '.ps1', '.psm1', '.wprp', '.xml', '.wpaProfile'
Assert-LabPackage -Path $PackagePath
$files = @(Get-ChildItem -LiteralPath $PackagePath -File) +
    @(Get-ChildItem -LiteralPath $PSScriptRoot -File) |
    Where-Object -FilterScript { $kinds -contains $_.Extension } |
    Sort-Object -Property Name -Unique
$folder = (Get-LabName).GuestFolder
if (-not $PSCmdlet.ShouldProcess($VMName, "Copy $($files.Count) files to $folder")) {
    return
}

if ($GuestService) {
    foreach ($file in $files) {
        $to = Join-Path $folder $file.Name
        Copy-VMFile -Name $VMName -SourcePath $file.FullName -DestinationPath $to `
            -FileSource Host -CreateFullPath -Force
    }
}
else {
    if (-not $Credential) {
        throw 'PowerShell Direct needs -Credential. Or copy with -GuestService.'
    }
    $session = New-LabSession -VMName $VMName -Credential $Credential
    try {
        Invoke-Command -Session $session -ArgumentList $folder, $kinds -ScriptBlock {
            param($Folder, $Kinds)
            $null = New-Item -Path $Folder -ItemType Directory -Force
            Get-ChildItem -LiteralPath $Folder -File |
                Where-Object -FilterScript { $Kinds -contains $_.Extension } |
                Remove-Item -Force
        }
        foreach ($file in $files) {
            Copy-Item -LiteralPath $file.FullName -ToSession $session -Destination $folder -Force
        }
    }
    finally {
        Remove-PSSession -Session $session
    }
}
$files | ForEach-Object -Process {
    [pscustomobject]@{ Name = $_.Name; Length = $_.Length; Guest = (Join-Path $folder $_.Name) }
}
