# Runs against the local AWS, or an account of yours.

variables {
  name                      = "modapp"
  image_id                  = "ami-0e5b0000000000001"
  instance_types            = ["t3.small"]
  database                  = { engine = "postgres", engine_version = "16", instance_class = "db.t4g.medium", allocated_storage = 50 }
  min_size                  = 6
  min_healthy_after_az_loss = 4
  deletion_protection       = false
}

run "create" {
  assert {
    condition     = length([for finding in output.findings : finding if startswith(finding.id, "WT-AZ")]) == 0
    error_message = "No single point of failure must be left."
  }

  assert {
    condition     = webtier_multi_server.this.capacity_after_az_loss == 4
    error_message = "Four servers must be left when a zone is lost."
  }

  assert {
    condition     = webtier_multi_server.this.health_status == "healthy" && webtier_ha_database.this.health_status == "healthy"
    error_message = "Servers and database must be healthy."
  }
}
