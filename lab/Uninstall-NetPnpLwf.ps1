<#
.SYNOPSIS
Removes netpnplwf.sys and shows that every adapter still has its other bindings.

.DESCRIPTION
Runs elevated on the machine under test. Removal goes through INetCfg (netcfg.exe -u), which unbinds
the filter and rebuilds the stacks. Stopping its service instead is not a way to remove it: with an
optional filter's service stopped, adapters have been left without network
(MicrosoftDocs/windows-driver-docs#2904).

Not run on Windows yet: docs/windows-status.md.

.PARAMETER KeepPackage
Leaves the package in the driver store.

.EXAMPLE
PS> C:\netpnp\Uninstall-NetPnpLwf.ps1

.NOTES
Changes: the network component, its service and its package are gone; every adapter is paused for a
moment. Test signing and the certificate stay as they are: bcdedit /set testsigning off.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [switch] $KeepPackage
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
Import-Module -Name (Join-Path $PSScriptRoot 'NetPnpLab.psm1') -Force
Assert-LabElevated
$name = Get-LabName

$all = @(Get-NetAdapterBinding -Name '*' -AllBindings -IncludeHidden)
$before = @($all | Where-Object -FilterScript {
        $_.Enabled -and $_.ComponentID -ne $name.ComponentId
    })
$service = Get-CimInstance -ClassName Win32_SystemDriver -Filter "Name = '$($name.Service)'"
$bound = @($all | Where-Object -FilterScript { $_.ComponentID -eq $name.ComponentId })
if ($bound.Count -eq 0 -and $null -eq $service) {
    Write-Verbose -Message 'It is not installed.'
}
elseif ($PSCmdlet.ShouldProcess($env:COMPUTERNAME, "Remove $($name.ComponentId)")) {
    $arguments = '-v', '-u', $name.ComponentId
    $advice = 'A restart may be pending, or somebody else holds the network configuration.'
    $null = Invoke-LabNative -FilePath netcfg.exe -ArgumentList $arguments -Advice $advice
}
else {
    return
}

if (-not $KeepPackage) {
    $packages = @(Get-WindowsDriver -Online | Where-Object -FilterScript {
            (Split-Path -Path $_.OriginalFileName -Leaf) -eq 'netpnplwf.inf'
        })
    foreach ($package in $packages) {
        if ($PSCmdlet.ShouldProcess($package.Driver, 'Delete from the driver store')) {
            # Without /force, which a package with binaries in the store refuses.
            $arguments = '/delete-driver', $package.Driver
            $null = Invoke-LabNative -FilePath pnputil.exe -ArgumentList $arguments
        }
    }
}

# An adapter comes back from the rebuilding of its stack within seconds, or does not.
$deadline = [DateTime]::UtcNow.AddSeconds(30)
do {
    $now = @(Get-NetAdapterBinding -Name '*' -AllBindings -IncludeHidden)
    $lost = @($before | Where-Object -FilterScript {
            $was = $_
            -not ($now | Where-Object -FilterScript {
                    $_.Name -eq $was.Name -and $_.ComponentID -eq $was.ComponentID -and $_.Enabled
                })
        })
    if ($lost.Count -gt 0) {
        Start-Sleep -Seconds 2
    }
} while ($lost.Count -gt 0 -and [DateTime]::UtcNow -lt $deadline)

$service = Get-CimInstance -ClassName Win32_SystemDriver -Filter "Name = '$($name.Service)'"
if ($null -ne $service) {
    Write-Warning -Message "The service $($name.Service) is still $($service.State): restart."
}
foreach ($adapter in ($before | Group-Object -Property Name)) {
    $missing = @($lost | Where-Object -FilterScript { $_.Name -eq $adapter.Name })
    [pscustomobject]@{
        Adapter  = $adapter.Name
        Bindings = $adapter.Count - $missing.Count
        Lost     = @($missing | ForEach-Object -Process { $_.ComponentID })
    }
}
if ($lost.Count -gt 0) {
    throw ('Bindings that were enabled before are gone; they are listed above. Enable them: ' +
        'Enable-NetAdapterBinding -Name ADAPTER -ComponentID ID; restart when that does not help.')
}
