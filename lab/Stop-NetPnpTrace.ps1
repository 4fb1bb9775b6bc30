<#
.SYNOPSIS
Ends the recording that Start-NetPnpTrace.ps1 began, and gives its file.

.DESCRIPTION
Runs elevated on the machine under test. wpr asks the driver for its state once more while it saves.

Not run on Windows yet: docs/windows-status.md.

.PARAMETER Path
Where the recording goes. A file that is there is not overwritten without -Force.

.PARAMETER Cancel
Throws the recording away.

.PARAMETER Force
Overwrites.

.EXAMPLE
PS> C:\netpnp\Stop-NetPnpTrace.ps1 -Path C:\netpnp\night.etl

.NOTES
Changes: the trace session ends; the .etl is written; C:\ProgramData\netpnp-trace.json is deleted.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [string] $Path = 'C:\netpnp\netpnp.etl',
    [switch] $Cancel,
    [switch] $Force
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
Import-Module -Name (Join-Path $PSScriptRoot 'NetPnpLab.psm1') -Force
Assert-LabElevated
$name = Get-LabName

if (-not (Test-Path -LiteralPath $name.TraceState)) {
    throw "No recording is noted in $($name.TraceState). Start-NetPnpTrace.ps1 begins one."
}
$state = Get-Content -LiteralPath $name.TraceState -Raw | ConvertFrom-Json
$same = $state.Engine -eq 'Logman' -and $state.Path -eq $Path
if ((Test-Path -LiteralPath $Path) -and -not ($Force -or $Cancel -or $same)) {
    throw "'$Path' is there already. Name another -Path, or overwrite with -Force."
}
$what = if ($Cancel) { 'Throw the recording away' } else { "Save the recording as $Path" }
if (-not $PSCmdlet.ShouldProcess($env:COMPUTERNAME, $what)) {
    return
}
if (-not $Cancel) {
    $null = New-Item -Path (Split-Path -Path $Path -Parent) -ItemType Directory -Force
}

if ($state.Engine -eq 'Logman') {
    # A shutdown ended the session; its file is complete up to the last flush.
    $advice = 'After a restart there is nothing to stop; the file is there all the same.'
    try {
        $arguments = 'stop', $name.Session, '-ets'
        $null = Invoke-LabNative -FilePath logman.exe -ArgumentList $arguments -Advice $advice
    }
    catch {
        Write-Warning -Message $_.Exception.Message
    }
    if ($Cancel) {
        Remove-Item -LiteralPath $state.Path -ErrorAction SilentlyContinue
    }
    elseif (-not $same) {
        Move-Item -LiteralPath $state.Path -Destination $Path -Force
    }
}
else {
    $boot = $state.Mode -eq 'Boot'
    if ($boot) {
        $how = @(if ($Cancel) { '-cancelboot' } else { '-stopboot', $Path })
        $arguments = @('-boottrace') + $how
    }
    else {
        $how = @(if ($Cancel) { '-cancel' } else { '-stop', $Path })
        $arguments = $how + @('-instancename', $name.Session)
    }
    $advice = "wpr -status says what is recording. Delete $($name.TraceState) if nothing is."
    $null = Invoke-LabNative -FilePath wpr.exe -ArgumentList $arguments -Advice $advice
}
Remove-Item -LiteralPath $name.TraceState
if (-not $Cancel) {
    Get-Item -LiteralPath $Path
}
