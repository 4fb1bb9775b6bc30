<#
.SYNOPSIS
Has a real Windows answer what its documentation leaves open.

.DESCRIPTION
Runs elevated on the Hyper-V host. Records the installation of the driver and every exercise, and a
shutdown into a second file, brings both to the host, and has `netpnp trace check --confirm` answer
each question out of them. Without netpnp.exe it says which command to run where: the recordings can
be read on any machine, Linux included.

Not run on Windows yet: docs/windows-status.md.

.PARAMETER VMName
The virtual machine; Initialize-LabVm.ps1 and Copy-LabPackage.ps1 have been run.

.PARAMETER Credential
An administrator of the guest.

.PARAMETER Destination
Where recordings and answers go, on the host.

.PARAMETER NetPnp
netpnp.exe. Left out: looked for in PATH.

.PARAMETER SkipShutdown
Does not shut the guest down.

.PARAMETER Questions
Says which exercise answers which question, and does nothing.

.EXAMPLE
PS> .\Confirm-Contract.ps1 -VMName netpnp -Credential $c -Destination C:\answers

Writes netpnp.etl, shutdown.etl, exercises.json and, with netpnp.exe, netpnp.answers.json and
shutdown.answers.json.

.NOTES
Changes in the guest: the driver is removed and installed anew, and stays; what
Invoke-NetPnpExercise.ps1 changes; a shutdown. On the host: the files of -Destination.
A virtual machine has no answer to questions of real hardware (set-power-in-idle, halt-detach): for
those, docs/hyper-v-lab.md, "A physical machine".
#>
[CmdletBinding(SupportsShouldProcess = $true, DefaultParameterSetName = 'Run')]
param(
    [Parameter(Mandatory = $true, ParameterSetName = 'Run')] [string] $VMName,
    [Parameter(Mandatory = $true, ParameterSetName = 'Run')] [pscredential] $Credential,
    [Parameter(ParameterSetName = 'Run')] [string] $Destination = '.\answers',
    [Parameter(ParameterSetName = 'Run')] [string] $NetPnp,
    [Parameter(ParameterSetName = 'Run')] [switch] $SkipShutdown,
    [Parameter(Mandatory = $true, ParameterSetName = 'List')] [switch] $Questions
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
Import-Module -Name (Join-Path $PSScriptRoot 'NetPnpLab.psm1') -Force

# The questions of `netpnp trace check --confirm` and what gives each one its occasion.
$asked = [ordered]@{
    'registration'                 = 'Install'
    'forwarding'                   = 'DisableEnable'
    'activity'                     = 'DisableEnable'
    'attach'                       = 'Install'
    'status-before-attach'         = 'DisableEnable'
    'predetach'                    = 'DisableEnable'
    'pause-reasons'                = 'RebindProtocol'
    'filter-list-changed'          = 'ModifyingFilter'
    'query-power'                  = 'Hibernate'
    'set-power-in-idle'            = 'Physical'
    'halt-detach'                  = 'Physical'
    'restart-attributes-at-resume' = 'Hibernate'
    'restart-attributes-elsewhere' = 'RebindProtocol'
    'shutdown'                     = 'Shutdown'
    'bind-events'                  = 'RebindProtocol'
    'bind-list'                    = 'Metric'
    'reconfigure'                  = 'Address'
    'port-events'                  = 'Physical'
    'capability-events'            = 'WakeSettings'
}
if ($Questions) {
    foreach ($entry in $asked.GetEnumerator()) {
        [pscustomobject]@{ Question = $entry.Key; Exercise = $entry.Value }
    }
    return
}

Assert-LabElevated
if (-not $NetPnp) {
    $found = Get-Command -Name netpnp.exe -ErrorAction SilentlyContinue
    $NetPnp = if ($found) { $found.Source } else { '' }
}
elseif (-not (Test-Path -LiteralPath $NetPnp)) {
    throw "There is no '$NetPnp'. Leave -NetPnp out to have the recordings alone."
}
if (-not $PSCmdlet.ShouldProcess($VMName, 'Install the driver anew, exercise it, record it')) {
    return
}
$null = New-Item -Path $Destination -ItemType Directory -Force
$folder = (Get-LabName).GuestFolder
$guest = @{ VMName = $VMName; Credential = $Credential }

function Invoke-InGuest {
    param([string] $Script, [hashtable] $Parameter = @{})
    $session = New-LabSession @guest -Confirm:$false
    try {
        Invoke-LabGuestScript -Session $session -Script $Script -Parameter $Parameter
    }
    finally {
        Remove-PSSession -Session $session
    }
}

function Copy-FromGuest {
    param([string[]] $Path)
    $session = New-LabSession @guest -Confirm:$false
    try {
        foreach ($one in $Path) {
            Copy-Item -Path $one -FromSession $session -Destination $Destination -Recurse -Force
        }
    }
    finally {
        Remove-PSSession -Session $session
    }
}

# The load has to be in the recording: registration and the first attach are asked about.
$trace = Join-Path $folder 'netpnp.etl'
$null = Invoke-InGuest -Script 'Uninstall-NetPnpLwf.ps1' -Parameter @{ KeepPackage = $true }
$null = Invoke-InGuest -Script 'Start-NetPnpTrace.ps1' -Parameter @{ Detail = 'Verbose' }
try {
    $null = Invoke-InGuest -Script 'Install-NetPnpLwf.ps1'
    $play = Join-Path $PSScriptRoot 'Invoke-NetPnpExercise.ps1'
    $steps = @(& $play @guest -Confirm:$false)
    # A recording ends with the machine, and a hibernation does not end the machine.
    $steps += @(& $play @guest -Exercise Hibernate -Confirm:$false)
    # What was attached before is attached again: before or after the registration has returned?
    $null = Invoke-InGuest -Script 'Uninstall-NetPnpLwf.ps1' -Parameter @{ KeepPackage = $true }
    $null = Invoke-InGuest -Script 'Install-NetPnpLwf.ps1'
}
finally {
    $stop = @{ Path = $trace; Force = $true }
    $null = Invoke-InGuest -Script 'Stop-NetPnpTrace.ps1' -Parameter $stop
}
$collected = Join-Path $folder 'collected'
$save = @{ TracePath = @($trace); Destination = $collected }
$null = Invoke-InGuest -Script 'Save-NetPnpTrace.ps1' -Parameter $save
Copy-FromGuest -Path (Join-Path $collected '*')
$recordings = @(Join-Path $Destination 'netpnp.etl')

if (-not $SkipShutdown) {
    $last = Join-Path $folder 'shutdown.etl'
    $start = @{ Engine = 'Logman'; Detail = 'Verbose'; Path = $last }
    $null = Invoke-InGuest -Script 'Start-NetPnpTrace.ps1' -Parameter $start
    $steps += @(& $play @guest -Exercise Shutdown -Confirm:$false)
    $stop = @{ Path = $last; Force = $true }
    $null = Invoke-InGuest -Script 'Stop-NetPnpTrace.ps1' -Parameter $stop
    Copy-FromGuest -Path $last
    $recordings += Join-Path $Destination 'shutdown.etl'
}
$steps | ConvertTo-Json -Depth 3 |
    Set-Content -LiteralPath (Join-Path $Destination 'exercises.json') -Encoding UTF8

foreach ($recording in $recordings) {
    $answers = [IO.Path]::ChangeExtension($recording, '.answers.json')
    if (-not $NetPnp) {
        Write-Warning -Message ('netpnp.exe is not here. Where it is, be it on Linux: ' +
            "netpnp trace check --confirm --json $recording > $answers")
        continue
    }
    $arguments = 'trace', 'check', '--confirm', '--json', $recording
    $json = Invoke-LabNative -FilePath $NetPnp -ArgumentList $arguments
    # Remarks on standard error stand before the document.
    $first = [Array]::IndexOf(@($json), '{')
    $json = @($json | Select-Object -Skip ([Math]::Max(0, $first)))
    $json | Set-Content -LiteralPath $answers -Encoding UTF8
    $document = ($json -join "`n") | ConvertFrom-Json
    foreach ($answer in $document.answers) {
        $exercise = $asked[$answer.question]
        $done = @($steps | Where-Object -FilterScript { $_.Exercise -eq $exercise })
        [pscustomobject]@{
            Recording = Split-Path -Path $recording -Leaf
            Question  = $answer.question
            Answer    = $answer.answer
            Exercise  = $exercise
            Result    = if ($done.Count -gt 0) { $done[0].Result } else { '' }
        }
    }
}
