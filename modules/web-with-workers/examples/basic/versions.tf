terraform {
  required_version = ">= 1.8"

  required_providers {
    webtier = {
      source = "webtier/webtier"
    }
  }
}
