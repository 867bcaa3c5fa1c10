provider "webtier" {}
