<#
.SYNOPSIS
Begins to record what netpnplwf traces.

.DESCRIPTION
Runs elevated on the machine under test, with Windows Performance Recorder and netpnplwf.wprp, or
with logman where wpr.exe is not there. What happened before is in the recording, too: the driver
keeps its last 4,096 records and tells them when somebody begins to listen.

Not run on Windows yet: docs/windows-status.md.

.PARAMETER Mode
File: everything, into a file. Memory: the newest, in a circle of buffers, for trouble that comes
once a week. Boot: from the next start of Windows on.

.PARAMETER Detail
Light: the driver alone. Verbose: with Windows's own NDIS, kernel power and kernel PnP providers.

.PARAMETER ProfilePath
The WPR profile.

.PARAMETER Engine
Wpr, or Logman, which writes to a known file at once and so outlives a shutdown. Left out: wpr if it
is there.

.PARAMETER Path
Where logman writes. wpr asks when it stops.

.EXAMPLE
PS> C:\netpnp\Start-NetPnpTrace.ps1 -Mode Memory

.EXAMPLE
PS> C:\netpnp\Start-NetPnpTrace.ps1 -Engine Logman -Detail Verbose -Path C:\netpnp\shutdown.etl

.NOTES
Changes: a trace session 'netpnp' runs until Stop-NetPnpTrace.ps1; C:\ProgramData\netpnp-trace.json
notes how it was started. Boot adds a session to the start of Windows.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [ValidateSet('File', 'Memory', 'Boot')] [string] $Mode = 'File',
    [ValidateSet('Light', 'Verbose')] [string] $Detail = 'Light',
    [string] $ProfilePath = (Join-Path $PSScriptRoot 'netpnplwf.wprp'),
    [ValidateSet('Wpr', 'Logman')] [string] $Engine,
    [string] $Path = 'C:\netpnp\netpnp-logman.etl'
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
Import-Module -Name (Join-Path $PSScriptRoot 'NetPnpLab.psm1') -Force
Assert-LabElevated
$name = Get-LabName

if (-not $Engine) {
    $found = Get-Command -Name wpr.exe -ErrorAction SilentlyContinue
    $Engine = if ($found) { 'Wpr' } else { 'Logman' }
}
if ($Engine -eq 'Logman' -and $Mode -eq 'Boot') {
    throw 'Recording the boot needs wpr.exe: of Windows, or of the Windows Performance Toolkit.'
}
if (Test-Path -LiteralPath $name.TraceState) {
    throw "A recording is noted in $($name.TraceState). Stop-NetPnpTrace.ps1 ends it, or -Cancel."
}
if ($Engine -eq 'Wpr' -and -not (Test-Path -LiteralPath $ProfilePath)) {
    throw "There is no profile '$ProfilePath'. -ProfilePath names netpnplwf.wprp of the folder lab."
}
if (-not $PSCmdlet.ShouldProcess($env:COMPUTERNAME, "Record ($Engine, $Mode, $Detail)")) {
    return
}

$advice = 'wpr -status says what is recording; -Engine Logman records without wpr.'
if ($Engine -eq 'Wpr') {
    $which = "$ProfilePath!NetPnP.$Detail"
    if ($Mode -eq 'Boot') {
        $arguments = '-boottrace', '-addboot', $which, '-filemode'
    }
    else {
        $arguments = @('-start', $which)
        if ($Mode -eq 'File') {
            $arguments += '-filemode'
        }
        $arguments += '-instancename', $name.Session
    }
    $null = Invoke-LabNative -FilePath wpr.exe -ArgumentList $arguments -Advice $advice
}
else {
    $null = New-Item -Path (Split-Path -Path $Path -Parent) -ItemType Directory -Force
    $providers = @($name.Provider)
    if ($Detail -eq 'Verbose') {
        # Microsoft-Windows-NDIS, Kernel-Power and Kernel-PnP, as in the profile.
        $providers += '{cdead503-17f5-4a3e-b7ae-df8cc2902eb9}'
        $providers += '{331c3b3a-2005-44c2-ac5e-77220c37d6b4}'
        $providers += '{9c205a39-1250-487d-abd7-e831c6290539}'
    }
    $circle = @(if ($Mode -eq 'Memory') { '-mode', 'Circular', '-max', '256' })
    $arguments = @('create', 'trace', $name.Session, '-p', $providers[0], '0xff', '5')
    $arguments += '-o', $Path, '-bs', '256', '-nb', '64', '128', '-ft', '1', '-ets'
    $null = Invoke-LabNative -FilePath logman.exe -ArgumentList ($arguments + $circle)
    foreach ($provider in ($providers | Select-Object -Skip 1)) {
        $more = 'update', 'trace', $name.Session, '-p', $provider, '0x7FFFFFFFFFFFFFFF', '5', '-ets'
        $null = Invoke-LabNative -FilePath logman.exe -ArgumentList $more
    }
}
$state = [pscustomobject]@{
    Engine  = $Engine
    Mode    = $Mode
    Detail  = $Detail
    Path    = if ($Engine -eq 'Logman') { $Path } else { $null }
    Started = [DateTime]::UtcNow.ToString('o')
}
$state | ConvertTo-Json | Set-Content -LiteralPath $name.TraceState -Encoding ASCII
$state
