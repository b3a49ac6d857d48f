# The infrastructure of the shop. It has no reference to Reveille.

terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  backend "local" {} # its path is an argument of `terraform init`: see the Makefile
}

provider "aws" {
  region = "eu-west-1"

  default_tags {
    tags = { application = "shop" }
  }
}

variable "packages" {
  description = "Folder with the zip files of the functions."
  type        = string
}

data "aws_iam_policy_document" "assume" {
  for_each = toset(["lambda", "ecs-tasks"])

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
  }
}
