# Print the Makefile's sections (lines that begin with ##@) and targets with their description and variables (after ##).
/^##@ / { printf "\n%s\n", substr($0, 5) }
/^[a-z][a-z0-9-]*:.*## / {
    target = $0; sub(/:.*/, "", target)
    text = $0; sub(/.*## /, "", text)
    variables = ""
    if (match(text, /  +[A-Z]+=/)) {
        variables = substr(text, RSTART); sub(/^ +/, "", variables)
        text = substr(text, 1, RSTART - 1)
    }
    line = sprintf("  make %-13s %-44s %s", target, text, variables)
    sub(/ +$/, "", line); print line
}
