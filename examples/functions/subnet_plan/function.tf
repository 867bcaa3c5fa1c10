locals {
  tiers = {
    public  = { kind = "public", newbits = 4, block = 0 }
    private = { kind = "private", newbits = 2, block = 1 }
  }
}

# { private = { euw1-az1 = "10.0.128.0/18", … }, public = { euw1-az1 = "10.0.0.0/20", … } }
output "subnets" {
  value = provider::webtier::subnet_plan("10.0.0.0/16", ["euw1-az1", "euw1-az2"], local.tiers, 2)
}
