terraform {
  required_providers {
    webtier = { source = "webtier/webtier" }
  }
}

provider "webtier" {
  region = "eu-west-9"
}

resource "webtier_network" "this" {
  name       = "shop"
  cidr_block = "10.20.0.0/16"
}
