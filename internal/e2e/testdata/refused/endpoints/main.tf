terraform {
  required_providers {
    webtier = { source = "webtier/webtier" }
  }
}

provider "webtier" {
  endpoints = { elbv2 = "http://127.0.0.1:4566" }
}

resource "webtier_network" "this" {
  name       = "shop"
  cidr_block = "10.20.0.0/16"
}
