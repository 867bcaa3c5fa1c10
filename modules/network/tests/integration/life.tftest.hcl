# Runs against the local AWS, or an account of yours.

variables {
  name                = "modnet"
  deletion_protection = false
}

run "create" {
  assert {
    condition     = length(output.availability_zones) == 3 && length(output.subnet_ids["private"]) == 3
    error_message = "The network must have a private subnet in each of three zones."
  }

  assert {
    condition     = length(output.findings) == 0
    error_message = "A network by default must have no single point of failure."
  }
}

run "with_one_nat_gateway" {
  variables {
    nat_gateway_mode = "single"
  }

  assert {
    condition     = length(output.nat_public_ips) == 1 && length(output.findings) > 0
    error_message = "One NAT gateway must be named as a single point of failure."
  }
}
