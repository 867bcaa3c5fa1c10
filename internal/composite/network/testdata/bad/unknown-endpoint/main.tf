# want: gateway_endpoints
resource "webtier_network" "this" {
  name              = "shop"
  cidr_block        = "10.0.0.0/16"
  gateway_endpoints = ["sqs"]
}
