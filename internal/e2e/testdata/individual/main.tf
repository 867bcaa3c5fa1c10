# A web tier and its database as people write them with the individual resources of
# hashicorp/aws.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "image_id" {
  default = "ami-0e5b0000000000001"
}

variable "work_mem" {
  default = "16384"
}

provider "aws" {
  region = "eu-west-1"
  default_tags {
    tags = { scenario = "individual" }
  }
}

data "aws_availability_zones" "this" {
  state = "available"
}

data "aws_ami" "this" {
  owners = ["137112412989"]
  filter {
    name   = "image-id"
    values = [var.image_id]
  }
}

data "aws_caller_identity" "this" {}

data "aws_region" "this" {}

locals {
  zones = slice(data.aws_availability_zones.this.names, 0, 2)
}
