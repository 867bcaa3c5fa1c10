output "vpc_id" {
  value       = webtier_network.this.vpc_id
  description = "Id of the VPC."
}

output "subnet_ids" {
  value       = webtier_network.this.subnet_ids
  description = "Ids of the subnets by tier: `public`, `private` and `data`."
}

output "availability_zones" {
  value       = webtier_network.this.availability_zones
  description = "Names of the zones."
}

output "nat_public_ips" {
  value       = webtier_network.this.nat_public_ips
  description = "Addresses from which private subnets reach the internet, for allow lists of others."
}

output "findings" {
  value       = webtier_network.this.findings
  description = "Single points of failure and unsafe choices that remain."
}
