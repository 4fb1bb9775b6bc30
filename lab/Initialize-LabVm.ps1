<#
.SYNOPSIS
Prepares an existing generation 2 virtual machine for a test-signed driver.

.DESCRIPTION
Runs on the Hyper-V host, elevated. Every step looks first and changes only what differs, so it can
be run again. The machine is stopped and started when a setting needs that, and the guest restarts
once when its boot configuration changed.

Not run on Windows yet: docs/windows-status.md.

.PARAMETER VMName
The virtual machine, with Windows installed. It is used for nothing else: take a checkpoint first.

.PARAMETER Credential
An administrator of the guest, with a password.

.PARAMETER SwitchName
The virtual switch of the adapter under test. An internal one is created when it is not there.

.PARAMETER AdapterName
The name, on the host, of the adapter under test. It is added when the machine has none of it. The
first adapter stays for everything else.

.PARAMETER CertificatePath
The certificate (.cer) that the package is signed with. Left out: no certificate is imported.

.PARAMETER KernelDebug
Also turns on kernel debugging over the first serial port, on the host's pipe \\.\pipe\NAME.

.EXAMPLE
PS> .\Initialize-LabVm.ps1 -VMName netpnp -Credential (Get-Credential) -CertificatePath .\test.cer

.EXAMPLE
PS> .\Initialize-LabVm.ps1 -VMName netpnp -Credential $c -KernelDebug -WhatIf

Says what would be changed on the host.

.NOTES
Changes on the host: Secure Boot of the machine off, automatic checkpoints off, standard
checkpoints, fixed memory, one virtual switch and one network adapter more, the integration service
for copying files, a serial port with -KernelDebug.
Changes in the guest: boot option testsigning, the certificate in Root and TrustedPublisher of the
machine, complete memory dumps; boot debugging with -KernelDebug.
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true)] [string] $VMName,
    [Parameter(Mandatory = $true)] [pscredential] $Credential,
    [string] $SwitchName = 'netpnp-internal',
    [string] $AdapterName = 'dut',
    [string] $CertificatePath,
    [switch] $KernelDebug
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
Import-Module -Name (Join-Path $PSScriptRoot 'NetPnpLab.psm1') -Force
Assert-LabElevated

$vm = Get-VM -Name $VMName -ErrorAction SilentlyContinue
if ($null -eq $vm) {
    throw "There is no virtual machine '$VMName'. Get-VM lists them; docs/hyper-v-lab.md makes one."
}
if ($vm.Generation -ne 2) {
    throw "'$VMName' is of generation $($vm.Generation). Adapters come and go only in generation 2."
}
if ($CertificatePath -and -not (Test-Path -LiteralPath $CertificatePath)) {
    throw "There is no certificate '$CertificatePath'. The package folder has it, NAME.cer."
}

# What needs the machine to be off.
$secure = (Get-VMFirmware -VMName $VMName).SecureBoot -ne 'Off'
$dynamic = (Get-VMMemory -VMName $VMName).DynamicMemoryEnabled
if (($secure -or $dynamic) -and $vm.State -ne 'Off') {
    if ($PSCmdlet.ShouldProcess($VMName, 'Shut the guest down')) {
        Stop-VM -Name $VMName -Force
    }
}
if ($secure -and $PSCmdlet.ShouldProcess($VMName, 'Turn Secure Boot off')) {
    # With it on, bcdedit answers "The value is protected by Secure Boot policy".
    Set-VMFirmware -VMName $VMName -EnableSecureBoot Off
}
if ($dynamic -and $PSCmdlet.ShouldProcess($VMName, 'Turn dynamic memory off')) {
    Set-VMMemory -VMName $VMName -DynamicMemoryEnabled $false
}
if ($PSCmdlet.ShouldProcess($VMName, 'Standard checkpoints, none by itself')) {
    Set-VM -Name $VMName -AutomaticCheckpointsEnabled $false -CheckpointType Standard
}

if (-not (Get-VMSwitch -Name $SwitchName -ErrorAction SilentlyContinue)) {
    if ($PSCmdlet.ShouldProcess($SwitchName, 'Create an internal virtual switch')) {
        $null = New-VMSwitch -Name $SwitchName -SwitchType Internal
    }
}
if (-not (Get-VMNetworkAdapter -VMName $VMName -Name $AdapterName -ErrorAction SilentlyContinue)) {
    if ($PSCmdlet.ShouldProcess($VMName, "Add the network adapter '$AdapterName'")) {
        Add-VMNetworkAdapter -VMName $VMName -SwitchName $SwitchName -Name $AdapterName
    }
}
# By its part of the id, because the name is of the host's language.
$copying = Get-VMIntegrationService -VMName $VMName |
    Where-Object -FilterScript { $_.Id -like '*6C09BB55-D683-4DA0-8931-C9BF705F6480' }
if ($copying -and -not $copying.Enabled) {
    if ($PSCmdlet.ShouldProcess($VMName, 'Enable the Guest Service Interface')) {
        Enable-VMIntegrationService -VMIntegrationService $copying
    }
}
if ($KernelDebug -and $PSCmdlet.ShouldProcess($VMName, "COM1 on \\.\pipe\$VMName")) {
    Set-VMComPort -VMName $VMName -Number 1 -Path "\\.\pipe\$VMName"
}
if ((Get-VM -Name $VMName).State -ne 'Running' -and $PSCmdlet.ShouldProcess($VMName, 'Start')) {
    Start-VM -Name $VMName
}
if (-not $PSCmdlet.ShouldProcess("$VMName, the guest", 'Prepare for test-signed drivers')) {
    return
}

$session = New-LabSession -VMName $VMName -Credential $Credential
try {
    $certificate = $null
    if ($CertificatePath) {
        $certificate = 'C:\netpnp-test.cer'
        Copy-Item -LiteralPath $CertificatePath -ToSession $session -Destination $certificate -Force
    }
    $wanted = $certificate, ([bool] $KernelDebug)
    $restart = Invoke-Command -Session $session -ArgumentList $wanted -ScriptBlock {
        param($Certificate, $Debug)
        Set-StrictMode -Version 3.0
        $ErrorActionPreference = 'Stop'
        $options = 'HKLM:\SYSTEM\CurrentControlSet\Control'
        $boot = (Get-ItemProperty -LiteralPath $options).SystemStartOptions
        $restart = $false
        if ($boot -notmatch 'TESTSIGNING') {
            $said = & bcdedit.exe /set testsigning on
            if ($LASTEXITCODE -ne 0) {
                throw "bcdedit /set testsigning on: $said Is Secure Boot off, BitLocker suspended?"
            }
            $restart = $true
        }
        if ($Debug -and $boot -notmatch 'DEBUGPORT') {
            $null = & bcdedit.exe /dbgsettings serial debugport:1 baudrate:115200
            $said = & bcdedit.exe /debug on
            if ($LASTEXITCODE -ne 0) {
                throw "bcdedit /debug on: $said"
            }
            $restart = $true
        }
        if ($Certificate) {
            foreach ($store in 'Root', 'TrustedPublisher') {
                $where = "Cert:\LocalMachine\$store"
                $null = Import-Certificate -FilePath $Certificate -CertStoreLocation $where
            }
            Remove-Item -LiteralPath $Certificate
        }
        Set-ItemProperty -LiteralPath "$options\CrashControl" -Name CrashDumpEnabled -Value 1
        $restart
    }
    if ($restart) {
        Remove-PSSession -Session $session
        Restart-VM -Name $VMName -Type Reboot -Force -Wait -For Heartbeat
        $session = New-LabSession -VMName $VMName -Credential $Credential
    }
    Invoke-Command -Session $session -ScriptBlock {
        $control = 'HKLM:\SYSTEM\CurrentControlSet\Control'
        $boot = (Get-ItemProperty -LiteralPath $control).SystemStartOptions
        $system = Get-CimInstance -ClassName Win32_OperatingSystem
        [pscustomobject]@{
            Computer    = $env:COMPUTERNAME
            Windows     = $system.Caption
            Build       = $system.BuildNumber
            TestSigning = $boot -match 'TESTSIGNING'
            Debugging   = $boot -match 'DEBUG'
        }
    } | Select-Object -Property Computer, Windows, Build, TestSigning, Debugging
}
finally {
    Remove-PSSession -Session $session
}
