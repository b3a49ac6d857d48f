# Print the Makefile's sections (lines that begin with ##@) and its targets with their descriptions (after ##).
/^##@ / { printf "\n%s\n", substr($0, 5) }
/^[a-z][a-z0-9-]*:.*## / {
    target = $0; sub(/:.*/, "", target)
    text = $0; sub(/.*## /, "", text)
    printf "  make %-12s %s\n", target, text
}
