"""What every function uses: validation, one line of log per request, clients chosen by environment."""
