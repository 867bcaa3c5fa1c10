# Runs against the local AWS, or an account of yours.

variables {
  name                    = "modwork"
  image_id                = "ami-0e5b0000000000001"
  instance_types          = ["t3.small"]
  average_processing_time = 20
  deletion_protection     = false
}

run "network" {
  module {
    source = "./tests/integration/network"
  }
}

run "create" {
  variables {
    private_subnet_ids = run.network.subnet_ids["private"]
  }

  assert {
    condition     = output.queue_url != "" && output.dead_letter_queue_url != ""
    error_message = "There must be a queue and a dead-letter queue."
  }
}
