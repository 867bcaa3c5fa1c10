terraform {
  required_providers {
    webtier = { source = "webtier/webtier" }
  }
}
