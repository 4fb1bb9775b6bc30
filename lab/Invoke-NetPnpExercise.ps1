<#
.SYNOPSIS
Puts one adapter through what makes network PnP and power events.

.DESCRIPTION
Runs elevated on the Hyper-V host (-VMName) or, for what a virtual machine cannot do, on a physical
test machine itself (-Local). One object for each exercise: when it began and ended by the clock of
the machine under test (FILETIME), and what came of it: Done, Skipped with the reason, or Failed.
A failed exercise does not end the others; what it changed is put back.

Not run on Windows yet: docs/windows-status.md.

.PARAMETER VMName
The virtual machine; Initialize-LabVm.ps1 and Install-NetPnpLwf.ps1 have been run.

.PARAMETER Credential
An administrator of the guest.

.PARAMETER Local
The adapter is of this machine.

.PARAMETER List
Says what there is and does nothing.

.PARAMETER Adapter
The adapter under test: its name on the host with -VMName, in Windows with -Local. Its network is
interrupted.

.PARAMETER Exercise
Which ones, in this order. Left out: all of them but Hibernate, Shutdown and Sleep.

.PARAMETER PauseSeconds
Rest after each exercise, so that what follows it belongs to it.

.EXAMPLE
PS> .\Invoke-NetPnpExercise.ps1 -VMName netpnp -Credential $c -Exercise DisableEnable, Cable

.EXAMPLE
PS> .\Invoke-NetPnpExercise.ps1 -Local -Adapter 'Wi-Fi' -Exercise Sleep

.NOTES
Changes, and puts back: the adapter's state, bindings, address, interface metric and wake settings;
with -VMName the machine's state (saved, started), a checkpoint that is deleted again, one network
adapter more, the adapter's connection to its switch. Hibernate and Shutdown end the guest's
programs.
#>
[CmdletBinding(SupportsShouldProcess = $true, DefaultParameterSetName = 'Machine')]
param(
    [Parameter(Mandatory = $true, ParameterSetName = 'Machine')] [string] $VMName,
    [Parameter(Mandatory = $true, ParameterSetName = 'Machine')] [pscredential] $Credential,
    [Parameter(Mandatory = $true, ParameterSetName = 'Local')] [switch] $Local,
    [Parameter(Mandatory = $true, ParameterSetName = 'List')] [switch] $List,
    [string] $Adapter = 'dut',
    [string[]] $Exercise,
    [ValidateRange(0, 600)] [int] $PauseSeconds = 5
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
Import-Module -Name (Join-Path $PSScriptRoot 'NetPnpLab.psm1') -Force
$component = (Get-LabName).ComponentId

# Blocks of the machine under test get the adapter's name and our component; they know nothing else
# of this script. One that cannot be done throws "skip: " and why.
$rebind = {
    param($Adapter, $Component, $Other)
    $bound = Get-NetAdapterBinding -Name $Adapter -ComponentID $Other -ErrorAction SilentlyContinue
    if ($null -eq $bound -or -not $bound.Enabled) {
        throw "skip: $Other is not bound to $Adapter"
    }
    try {
        Disable-NetAdapterBinding -Name $Adapter -ComponentID $Other
        Start-Sleep -Seconds 2
    }
    finally {
        Enable-NetAdapterBinding -Name $Adapter -ComponentID $Other
    }
}
$exercises = [ordered]@{
    DisableEnable = @{
        Says = 'the adapter is disabled and enabled'
        In   = {
            param($Adapter, $Component)
            try {
                Disable-NetAdapter -Name $Adapter -Confirm:$false
                Start-Sleep -Seconds 2
            }
            finally {
                Enable-NetAdapter -Name $Adapter -Confirm:$false
            }
        }
    }
    Restart = @{
        Says = 'the adapter is restarted'
        In   = { param($Adapter, $Component) Restart-NetAdapter -Name $Adapter -Confirm:$false }
    }
    RebindProtocol = @{
        Says  = 'TCP/IPv6 is unbound and bound'
        In    = $rebind
        Other = 'ms_tcpip6'
    }
    ModifyingFilter = @{
        Says  = 'a modifying filter (QoS) goes and comes: the stack changes while it runs'
        In    = $rebind
        Other = 'ms_pacer'
    }
    OwnBinding = @{
        Says  = 'our own binding to the adapter goes and comes'
        In    = $rebind
        Other = $component
    }
    Address = @{
        Says = 'an address is added and removed'
        In   = {
            param($Adapter, $Component)
            $where = @{ InterfaceAlias = $Adapter; IPAddress = '192.0.2.10' }
            try {
                $null = New-NetIPAddress @where -PrefixLength 24 -SkipAsSource $true
                Start-Sleep -Seconds 2
            }
            finally {
                Remove-NetIPAddress @where -Confirm:$false -ErrorAction SilentlyContinue
            }
        }
    }
    Metric = @{
        Says = 'the interface metric changes'
        In   = {
            param($Adapter, $Component)
            $was = Get-NetIPInterface -InterfaceAlias $Adapter -AddressFamily IPv4
            try {
                Set-NetIPInterface -InterfaceAlias $Adapter -AddressFamily IPv4 -InterfaceMetric 5
                Start-Sleep -Seconds 2
            }
            finally {
                $back = @{ InterfaceAlias = $Adapter; AddressFamily = 'IPv4' }
                if ($was.AutomaticMetric -eq 'Enabled') {
                    Set-NetIPInterface @back -AutomaticMetric Enabled
                }
                else {
                    Set-NetIPInterface @back -InterfaceMetric $was.InterfaceMetric
                }
            }
        }
    }
    WakeSettings = @{
        Says = 'wake on magic packet changes'
        In   = {
            param($Adapter, $Component)
            $was = Get-NetAdapterPowerManagement -Name $Adapter -ErrorAction SilentlyContinue
            if ($null -eq $was -or [string] $was.WakeOnMagicPacket -eq 'Unsupported') {
                throw "skip: $Adapter cannot wake the machine"
            }
            $before = [string] $was.WakeOnMagicPacket
            $other = if ($before -eq 'Enabled') { 'Disabled' } else { 'Enabled' }
            try {
                Set-NetAdapterPowerManagement -Name $Adapter -WakeOnMagicPacket $other
                Start-Sleep -Seconds 5
            }
            finally {
                Set-NetAdapterPowerManagement -Name $Adapter -WakeOnMagicPacket $before
            }
        }
    }
    Cable = @{
        Says = 'the cable is out and in: disconnected from the virtual switch and connected'
        Host = {
            param($VMName, $Adapter)
            $nic = Get-VMNetworkAdapter -VMName $VMName -Name $Adapter
            $connected = $nic.SwitchName
            if (-not $connected) {
                throw "skip: $Adapter is connected to no switch"
            }
            try {
                Disconnect-VMNetworkAdapter -VMName $VMName -Name $Adapter
                Start-Sleep -Seconds 5
            }
            finally {
                Connect-VMNetworkAdapter -VMName $VMName -Name $Adapter -SwitchName $connected
            }
        }
    }
    HotAdd = @{
        Says = 'another adapter is plugged in and pulled out'
        Host = {
            param($VMName, $Adapter)
            $connected = (Get-VMNetworkAdapter -VMName $VMName -Name $Adapter).SwitchName
            if (-not $connected) {
                throw "skip: $Adapter is connected to no switch"
            }
            try {
                Add-VMNetworkAdapter -VMName $VMName -SwitchName $connected -Name 'netpnp-hot'
                Start-Sleep -Seconds 15
            }
            finally {
                Remove-VMNetworkAdapter -VMName $VMName -Name 'netpnp-hot'
            }
        }
    }
    SaveRestore = @{
        Says = 'the machine is saved and started'
        Host = {
            param($VMName, $Adapter)
            Save-VM -Name $VMName
            Start-Sleep -Seconds 10
            Start-VM -Name $VMName
        }
    }
    Checkpoint = @{
        Says = 'a checkpoint is made and deleted'
        Host = {
            param($VMName, $Adapter)
            $name = 'netpnp-exercise'
            try {
                Checkpoint-VM -Name $VMName -SnapshotName $name
            }
            finally {
                Remove-VMSnapshot -VMName $VMName -Name $name -ErrorAction SilentlyContinue
            }
        }
    }
    Hibernate = @{
        Says = 'the guest hibernates and is started'
        Wait = $true
        In   = {
            param($Adapter, $Component)
            # A guest has no S4 unless the host offers it: docs/hyper-v-lab.md.
            $null = & powercfg.exe /hibernate on
            $file = "$env:SystemDrive\hiberfil.sys"
            if ($LASTEXITCODE -ne 0 -or -not (Test-Path -LiteralPath $file)) {
                throw 'skip: this machine cannot hibernate; powercfg /a says why'
            }
            # The answer has to leave before the machine does.
            $null = & schtasks.exe /create /f /tn netpnp-hibernate /ru SYSTEM /sc once /st 00:00 `
                /tr 'shutdown.exe /h'
            $null = & schtasks.exe /run /tn netpnp-hibernate
        }
    }
    Shutdown = @{
        Says = 'the guest shuts down and is started'
        Wait = $true
        In   = {
            param($Adapter, $Component)
            $null = & shutdown.exe /s /t 3
        }
    }
    Sleep = @{
        Says = 'the machine hibernates and wakes, by pwrtest of the WDK'
        In   = {
            param($Adapter, $Component)
            if (-not (Get-Command -Name pwrtest.exe -ErrorAction SilentlyContinue)) {
                throw 'skip: pwrtest.exe is not in PATH; it is in the Tools folder of the WDK'
            }
            $null = & pwrtest.exe /sleep /c:1 /s:4
            if ($LASTEXITCODE -ne 0) {
                throw "pwrtest ended with exit code $LASTEXITCODE"
            }
        }
    }
}

if ($List) {
    foreach ($entry in $exercises.GetEnumerator()) {
        $place = if ($entry.Value.ContainsKey('Host')) { 'host' } else { 'machine under test' }
        [pscustomobject]@{ Exercise = $entry.Key; Runs = $place; Says = $entry.Value.Says }
    }
    return
}
Assert-LabElevated
if (-not $Exercise) {
    $Exercise = @($exercises.Keys | Where-Object -FilterScript {
            $_ -notin 'Hibernate', 'Shutdown', 'Sleep'
        })
}
foreach ($wanted in $Exercise) {
    if (-not $exercises.Contains($wanted)) {
        throw "There is no exercise '$wanted'. There are: $($exercises.Keys -join ', ')."
    }
}

function Invoke-OnTarget {
    param([scriptblock] $ScriptBlock, [object[]] $ArgumentList = @())
    if ($Local) {
        return & $ScriptBlock @ArgumentList
    }
    $session = New-LabSession -VMName $VMName -Credential $Credential -Confirm:$false
    try {
        Invoke-Command -Session $session -ScriptBlock $ScriptBlock -ArgumentList $ArgumentList
    }
    finally {
        Remove-PSSession -Session $session
    }
}

function Get-TargetTime {
    [long] (Invoke-OnTarget -ScriptBlock { [DateTime]::UtcNow.ToFileTimeUtc() })
}

# The guest has names of its own for its adapters: the address is what both sides know.
$inGuest = $Adapter
if (-not $Local) {
    $nic = @(Get-VMNetworkAdapter -VMName $VMName -Name $Adapter)
    if ($nic.Count -ne 1) {
        throw "'$VMName' has $($nic.Count) adapters '$Adapter'; Initialize-LabVm.ps1 makes one."
    }
    $address = $nic[0].MacAddress
    $inGuest = Invoke-OnTarget -ArgumentList @($address) -ScriptBlock {
        param($Address)
        $same = { $_.MacAddress -and ($_.MacAddress -replace '-', '') -eq $Address }
        Get-NetAdapter -Name '*' |
            Where-Object -FilterScript $same |
            Select-Object -First 1 -ExpandProperty Name
    }
    if (-not $inGuest) {
        throw "No adapter of the guest has the address $address of '$Adapter'. Does it run?"
    }
}

foreach ($wanted in $Exercise) {
    $step = $exercises[$wanted]
    if (-not $PSCmdlet.ShouldProcess("$inGuest", $step.Says)) {
        continue
    }
    $result = 'Done'
    $detail = ''
    $began = Get-TargetTime
    try {
        if ($step.ContainsKey('Host')) {
            if ($Local) {
                throw 'skip: this is done on the host of a virtual machine'
            }
            $null = & $step.Host $VMName $Adapter
        }
        elseif ($Local -and $step.ContainsKey('Wait')) {
            throw 'skip: nobody would start this machine again'
        }
        else {
            $arguments = @($inGuest, $component)
            if ($step.ContainsKey('Other')) {
                $arguments += $step.Other
            }
            $null = Invoke-OnTarget -ScriptBlock $step.In -ArgumentList $arguments
        }
        if ($step.ContainsKey('Wait')) {
            $deadline = [DateTime]::UtcNow.AddMinutes(5)
            while ((Get-VM -Name $VMName).State -ne 'Off') {
                if ([DateTime]::UtcNow -gt $deadline) {
                    throw "$VMName is still $((Get-VM -Name $VMName).State) after five minutes"
                }
                Start-Sleep -Seconds 2
            }
            Start-VM -Name $VMName
        }
    }
    catch {
        $detail = $_.Exception.Message
        $result = if ($detail.StartsWith('skip: ')) { 'Skipped' } else { 'Failed' }
        $detail = $detail -replace '^skip: ', ''
    }
    Start-Sleep -Seconds $PauseSeconds
    [pscustomobject]@{
        Exercise = $wanted
        Adapter  = $inGuest
        Began    = $began
        Ended    = Get-TargetTime
        Result   = $result
        Detail   = $detail
    }
}
