<#
.SYNOPSIS
Collects a recording and what is needed to understand it into one folder.

.DESCRIPTION
Runs elevated on the machine under test. The folder has: the recordings, the System event log, the
network components as netcfg names them, bindings, adapters with their modules, driver packages,
versions of netpnplwf.sys, ndis.sys and of the adapters' drivers, and the build of Windows.

Not run on Windows yet: docs/windows-status.md.

.PARAMETER TracePath
The .etl files.

.PARAMETER Destination
The folder; made when it is not there. Files of the same names are overwritten.

.PARAMETER Days
How much of the System event log.

.PARAMETER Zip
Also packs the folder, beside it.

.EXAMPLE
PS> C:\netpnp\Save-NetPnpTrace.ps1 -TracePath C:\netpnp\night.etl -Destination C:\netpnp\night -Zip

.NOTES
Changes nothing but the folder. It has names of adapters, computers and drivers, and their
addresses: look before you send it to somebody.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true)] [string[]] $TracePath,
    [Parameter(Mandatory = $true)] [string] $Destination,
    [ValidateRange(1, 365)] [int] $Days = 2,
    [switch] $Zip
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
Import-Module -Name (Join-Path $PSScriptRoot 'NetPnpLab.psm1') -Force
Assert-LabElevated
$name = Get-LabName

foreach ($trace in $TracePath) {
    if (-not (Test-Path -LiteralPath $trace)) {
        throw "There is no recording '$trace'. Stop-NetPnpTrace.ps1 writes it."
    }
}
if (-not $PSCmdlet.ShouldProcess($Destination, 'Collect')) {
    return
}
$null = New-Item -Path $Destination -ItemType Directory -Force
foreach ($trace in $TracePath) {
    $to = Join-Path $Destination (Split-Path -Path $trace -Leaf)
    if ([IO.Path]::GetFullPath($trace) -ne [IO.Path]::GetFullPath($to)) {
        Copy-Item -LiteralPath $trace -Destination $to -Force
    }
}

$log = Join-Path $Destination 'System.evtx'
$query = "*[System[TimeCreated[timediff(@SystemTime) <= $($Days * 86400000)]]]"
$arguments = 'epl', 'System', $log, "/q:$query", '/ow:true'
$null = Invoke-LabNative -FilePath wevtutil.exe -ArgumentList $arguments

$texts = [ordered]@{
    'netcfg.txt'  = @('netcfg.exe', '-s', 'n')
    'paths.txt'   = @('netcfg.exe', '-b', $name.ComponentId)
    'drivers.txt' = @('pnputil.exe', '/enum-drivers')
    'nics.txt'    = @('pnputil.exe', '/enum-devices', '/class', 'Net', '/drivers')
    'power.txt'   = @('powercfg.exe', '/a')
}
foreach ($text in $texts.GetEnumerator()) {
    $program = $text.Value[0]
    $arguments = @($text.Value | Select-Object -Skip 1)
    # What an older pnputil does not know is no reason to have nothing.
    try {
        $lines = Invoke-LabNative -FilePath $program -ArgumentList $arguments
    }
    catch {
        $lines = $_.Exception.Message
    }
    $lines | Set-Content -LiteralPath (Join-Path $Destination $text.Key) -Encoding UTF8
}

$system = Get-CimInstance -ClassName Win32_OperatingSystem
$current = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$drivers = Join-Path $env:SystemRoot 'System32\drivers'
$service = Get-CimInstance -ClassName Win32_SystemDriver -Filter "Name = '$($name.Service)'"
$files = @((Join-Path $drivers 'ndis.sys'))
if ($null -ne $service -and $service.PathName) {
    $files += $service.PathName -replace '^\\\?\?\\', '' -replace '^\\SystemRoot', $env:SystemRoot
}
$adapters = @(Get-NetAdapter -Name '*' -IncludeHidden | Select-Object -Property Name, ifIndex,
    InterfaceDescription, Status, DriverFileName, DriverVersionString, DriverProvider, NdisVersion,
    HardwareInterface, Hidden, PnPDeviceID)
$bindings = @(Get-NetAdapterBinding -Name '*' -AllBindings -IncludeHidden |
        Select-Object -Property Name, InterfaceDescription, ComponentID, DisplayName, Enabled)
$versions = @($files | Where-Object -FilterScript { Test-Path -LiteralPath $_ } |
        ForEach-Object -Process {
            [pscustomobject]@{
                File    = $_
                Version = (Get-Item -LiteralPath $_).VersionInfo.FileVersion
                Sha256  = (Get-FileHash -LiteralPath $_ -Algorithm SHA256).Hash
            }
        })
$about = [ordered]@{
    Collected = [DateTime]::UtcNow.ToString('o')
    Windows   = $system.Caption
    Build     = $system.Version
    Revision  = (Get-ItemProperty -LiteralPath $current).UBR
    Machine   = (Get-CimInstance -ClassName Win32_ComputerSystem).Model
    Service   = if ($null -eq $service) { 'absent' } else { $service.State }
    Files     = $versions
    Adapters  = $adapters
    Bindings  = $bindings
}
$about | ConvertTo-Json -Depth 5 |
    Set-Content -LiteralPath (Join-Path $Destination 'machine.json') -Encoding UTF8

if ($Zip) {
    Compress-Archive -Path (Join-Path $Destination '*') -DestinationPath "$Destination.zip" -Force
    Get-Item -LiteralPath "$Destination.zip"
}
Get-ChildItem -LiteralPath $Destination -File
