# Runs against the local AWS, or an account of yours.

variables {
  name                = "modwebwork"
  web                 = { image_id = "ami-0e5b0000000000001", instance_types = ["t3.small"], user_data = "QUEUE={{queue_url}}" }
  workers             = { image_id = "ami-0e5b0000000000011", instance_types = ["t3.small"], average_processing_time = 20 }
  database            = { engine = "postgres", engine_version = "16", instance_class = "db.t4g.medium", allocated_storage = 50 }
  deletion_protection = false
}

run "create" {
  assert {
    condition     = length([for finding in output.findings : finding if startswith(finding.id, "WT-AZ")]) == 0
    error_message = "No single point of failure must be left."
  }

  assert {
    condition     = webtier_multi_server.this.health_status == "healthy" && webtier_queue_worker.this.health_status == "healthy" && webtier_ha_database.this[0].health_status == "healthy"
    error_message = "All must be healthy."
  }

  assert {
    condition     = webtier_multi_server.this.user_data == "QUEUE=${output.queue_url}"
    error_message = "The web servers must know the queue."
  }
}
