terraform {
  required_providers {
    webtier = {
      source = "webtier/webtier"
    }
  }
}

# Credentials are found where the AWS CLI finds them.
provider "webtier" {
  region = "eu-west-1"

  default_tags = {
    team = "web"
  }
}
