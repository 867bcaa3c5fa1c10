terraform {
  required_providers {
    webtier = { source = "webtier/webtier" }
  }
}

provider "webtier" {
  allowed_account_ids = ["111122223333"]
}

resource "webtier_network" "this" {
  name       = "shop"
  cidr_block = "10.20.0.0/16"
}
