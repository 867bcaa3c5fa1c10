terraform {
  required_version = ">= 1.11"

  required_providers {
    webtier = {
      source  = "webtier/webtier"
      version = ">= 0.1"
    }
  }
}
