"""Catalog and environment -> Terraform: the only folder that imports cdktf."""

from stacks.kernel import prepare_node

# Here, because importing cdktf starts Node, and every module of this folder may be the first to import it.
prepare_node()
