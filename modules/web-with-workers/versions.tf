terraform {
  required_version = ">= 1.9"

  required_providers {
    webtier = {
      source  = "webtier/webtier"
      version = ">= 0.1"
    }
  }
}
