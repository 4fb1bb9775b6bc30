<#
.SYNOPSIS
Installs netpnplwf.sys on this machine and shows what it is bound to.

.DESCRIPTION
Runs elevated on the machine under test, in the guest. A lightweight filter is installed through
INetCfg (netcfg.exe); SetupAPI cannot do it
(docs:network/installation-requirements-for-network-filter-drivers). What is installed already is
left as it is; remove it first to install another build.

Not run on Windows yet: docs/windows-status.md.

.PARAMETER PackagePath
The folder with netpnplwf.inf, .sys and .cat. The script's own when it is left out.

.PARAMETER QueryWakeSettings
Also lets the driver ask what wakes an adapter (docs/wake-settings.md). It is read when the service
starts, so the machine has to be restarted.

.EXAMPLE
PS> C:\netpnp\Install-NetPnpLwf.ps1

One object for each binding: Adapter, Enabled, the modules on it and their states.

.NOTES
Changes: a network component and its service, netpnplwf; every network adapter is paused for a
moment. The network of a remote session may drop, 802.1X may authenticate again: use PowerShell
Direct or the console. With -QueryWakeSettings one registry value.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [string] $PackagePath = $PSScriptRoot,
    [switch] $QueryWakeSettings
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
Import-Module -Name (Join-Path $PSScriptRoot 'NetPnpLab.psm1') -Force
Assert-LabElevated
$name = Get-LabName

$inf = Join-Path $PackagePath 'netpnplwf.inf'
$catalog = Join-Path $PackagePath 'netpnplwf.cat'
Assert-LabPackage -Path $PackagePath
$signature = Get-AuthenticodeSignature -FilePath $catalog
if ($signature.Status -ne 'Valid') {
    Write-Warning -Message ("The catalog's signature is $($signature.Status): " +
        "$($signature.StatusMessage) If the driver does not load, import its certificate into " +
        'Root and TrustedPublisher of this machine: Initialize-LabVm.ps1 -CertificatePath.')
}
$control = 'HKLM:\SYSTEM\CurrentControlSet\Control'
$boot = (Get-ItemProperty -LiteralPath $control).SystemStartOptions
if ($boot -notmatch 'TESTSIGNING') {
    Write-Warning -Message ('Test signing is off on this boot. A driver that Microsoft did not ' +
        'sign will not load: Initialize-LabVm.ps1, or bcdedit /set testsigning on and a restart.')
}

$installed = @(Get-NetAdapterBinding -Name '*' -AllBindings -IncludeHidden `
        -ComponentID $name.ComponentId -ErrorAction SilentlyContinue)
if ($installed.Count -eq 0) {
    if (-not $PSCmdlet.ShouldProcess($env:COMPUTERNAME, "Install $($name.ComponentId)")) {
        return
    }
    $arguments = '-v', '-l', $inf, '-c', 's', '-i', $name.ComponentId
    $advice = 'Its log is %windir%\INF\setupapi.dev.log.'
    $null = Invoke-LabNative -FilePath netcfg.exe -ArgumentList $arguments -Advice $advice
}
else {
    Write-Verbose -Message 'It is installed already and left as it is.'
}
if ($QueryWakeSettings) {
    $key = "HKLM:\SYSTEM\CurrentControlSet\Services\$($name.Service)\Parameters"
    if ($PSCmdlet.ShouldProcess($key, 'QueryWakeSettings = 1')) {
        # Only where it is missing: a key that is made again is empty.
        if (-not (Test-Path -LiteralPath $key)) {
            $null = New-Item -Path $key
        }
        Set-ItemProperty -LiteralPath $key -Name QueryWakeSettings -Value 1 -Type DWord
        Write-Warning -Message 'QueryWakeSettings is read when the driver is loaded: restart.'
    }
}

$service = Get-CimInstance -ClassName Win32_SystemDriver -Filter "Name = '$($name.Service)'"
if ($null -eq $service -or $service.State -ne 'Running') {
    $state = if ($null -eq $service) { 'absent' } else { $service.State }
    throw ("The service $($name.Service) is $state. The System event log has the reason (Service " +
        'Control Manager 7000, 7026); error 577 is a signature that is not trusted.')
}
$bindings = @(Get-NetAdapterBinding -Name '*' -AllBindings -IncludeHidden `
        -ComponentID $name.ComponentId -ErrorAction SilentlyContinue)
if ($bindings.Count -eq 0) {
    throw ('It is installed and bound to no adapter. FilterMediaTypes in the INF has to name ' +
        'their kind.')
}
# Each module is a network interface of its own: ADAPTER-FILTER-0000.
$interfaces = @(Get-NetAdapter -Name '*' -IncludeHidden)
foreach ($binding in $bindings) {
    $start = "$($binding.InterfaceDescription)-$($binding.DisplayName)-"
    $modules = @($interfaces | Where-Object -FilterScript {
            $_.InterfaceDescription.StartsWith($start, [StringComparison]::OrdinalIgnoreCase)
        } | Sort-Object -Property InterfaceDescription)
    [pscustomobject]@{
        Adapter     = $binding.Name
        Description = $binding.InterfaceDescription
        Enabled     = $binding.Enabled
        Layers      = $modules.Count
        Modules     = @($modules | ForEach-Object -Process { $_.InterfaceDescription })
        IfIndex     = @($modules | ForEach-Object -Process { $_.ifIndex })
    }
}
