# Runs against the local AWS, or an account of yours.

variables {
  name                = "modapp"
  image_id            = "ami-0e5b0000000000001"
  instance_types      = ["t3.small"]
  database            = { engine = "postgres", engine_version = "16", instance_class = "db.t4g.medium", allocated_storage = 50 }
  deletion_protection = false
}

run "create" {
  assert {
    condition     = length([for finding in output.findings : finding if startswith(finding.id, "WT-AZ")]) == 0
    error_message = "No single point of failure must be left."
  }

  assert {
    condition     = webtier_multi_server.this.health_status == "healthy"
    error_message = "The servers must be healthy."
  }
}
