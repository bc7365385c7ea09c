Register-ArgumentCompleter -Native -CommandName imgver -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    # The words as they are written, never what they would give if they were run.
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
    # PowerShell before 7.3 would drop an empty argument: the word to complete goes behind a character of its own.
    $words += ":$wordToComplete"
    $before = $env:IMGVER_COMPLETE
    $env:IMGVER_COMPLETE = 'powershell'
    try {
        $program = @(Get-Command -Name imgver -CommandType Application -ErrorAction SilentlyContinue)[0]
        if ($program) {
            & $program -- @words 2>$null | ForEach-Object {
                $value, $help = $_ -split "`t", 2
                if (-not $help) { $help = $value }
                [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
            }
        }
    } finally {
        $env:IMGVER_COMPLETE = $before
    }
}
