# What several scripts of this folder share: names, native programs, the way into the guest.
# Not run on Windows yet: docs/windows-status.md.

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

function Get-LabName {
    <#
    .SYNOPSIS
    The names that the driver, its INF and its trace go by.
    #>
    [CmdletBinding()]
    param()
    [pscustomobject]@{
        ComponentId   = 'NETPNP_LWF'
        Service       = 'netpnplwf'
        Provider      = '{b4d39adf-672a-5f7e-841e-83a329f9bbe0}'
        Session       = 'netpnp'
        GuestFolder   = 'C:\netpnp'
        TraceState    = (Join-Path $env:ProgramData 'netpnp-trace.json')
    }
}

function Assert-LabElevated {
    <#
    .SYNOPSIS
    Throws unless the session may change drivers.
    #>
    [CmdletBinding()]
    param()
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object -TypeName Security.Principal.WindowsPrincipal -ArgumentList $identity
    if (-not $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
        throw 'This needs administrator rights. Start PowerShell with "Run as administrator".'
    }
}

function Assert-LabPackage {
    <#
    .SYNOPSIS
    Stops unless a folder has everything that Windows installs the driver from.

    .PARAMETER Path
    The folder.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $Path)
    foreach ($needed in 'netpnplwf.sys', 'netpnplwf.inf') {
        if (-not (Test-Path -LiteralPath (Join-Path $Path $needed))) {
            throw "'$Path' has no $needed. cargo xtask package makes such a folder."
        }
    }
    if (-not (Test-Path -LiteralPath (Join-Path $Path 'netpnplwf.cat'))) {
        throw ("'$Path' has no netpnplwf.cat: it was made where there is no WDK and is not " +
            'signed. Its README.txt says how to sign it, under Not signed; on Windows with the ' +
            'WDK, cargo xtask package does that itself.')
    }
}

function Invoke-LabNative {
    <#
    .SYNOPSIS
    Runs a program, gives its lines, and throws with them when its exit code is not expected.
    .PARAMETER Advice
    What to do when it fails.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $FilePath,
        [string[]] $ArgumentList = @(),
        [int[]] $Expected = @(0),
        [string] $Advice = ''
    )
    # Windows PowerShell turns a line of standard error into a terminating error under Stop.
    $ErrorActionPreference = 'Continue'
    $PSNativeCommandUseErrorActionPreference = $false
    $null = $PSNativeCommandUseErrorActionPreference
    $lines = @(& $FilePath @ArgumentList 2>&1 | ForEach-Object -Process { [string] $_ })
    $code = $LASTEXITCODE
    if ($Expected -notcontains $code) {
        $said = $lines -join [Environment]::NewLine
        $command = $ArgumentList -join ' '
        throw "$FilePath $command ended with exit code $code. $Advice`n$said"
    }
    $lines
}

function New-LabSession {
    <#
    .SYNOPSIS
    A PowerShell Direct session, which does not need the guest's network.
    .PARAMETER TimeoutSeconds
    How long to wait for a guest that is starting.
    #>
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true)] [string] $VMName,
        [Parameter(Mandatory = $true)] [pscredential] $Credential,
        [int] $TimeoutSeconds = 300
    )
    if (-not $PSCmdlet.ShouldProcess($VMName, 'Open a PowerShell Direct session')) {
        return
    }
    $deadline = [DateTime]::UtcNow.AddSeconds($TimeoutSeconds)
    while ($true) {
        try {
            return New-PSSession -VMName $VMName -Credential $Credential
        }
        catch {
            if ([DateTime]::UtcNow -gt $deadline) {
                $why = $_.Exception.Message
                throw ("No PowerShell Direct session with $VMName after $TimeoutSeconds s: $why " +
                    'Is the VM running Windows 10 or Server 2016 and later, and the account one ' +
                    'of its administrators, with a password?')
            }
            Start-Sleep -Seconds 3
        }
    }
}

function Invoke-LabGuestScript {
    <#
    .SYNOPSIS
    Runs a script that Copy-LabPackage brought into the guest.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [System.Management.Automation.Runspaces.PSSession] $Session,
        [Parameter(Mandatory = $true)] [string] $Script,
        [hashtable] $Parameter = @{}
    )
    $folder = (Get-LabName).GuestFolder
    Invoke-Command -Session $Session -ArgumentList $folder, $Script, $Parameter -ScriptBlock {
        param($Folder, $Script, $Parameter)
        Set-ExecutionPolicy -Scope Process -ExecutionPolicy Bypass -Force
        $path = Join-Path $Folder $Script
        if (-not (Test-Path -LiteralPath $path)) {
            throw "$path is not in the guest. Run Copy-LabPackage.ps1 on the host first."
        }
        & $path @Parameter
    }
}

Export-ModuleMember -Function @(
    'Get-LabName'
    'Assert-LabElevated'
    'Assert-LabPackage'
    'Invoke-LabNative'
    'New-LabSession'
    'Invoke-LabGuestScript'
)
