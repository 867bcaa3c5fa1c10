module "shop" {
  source = "../.."

  name = "shop"

  web = {
    image_id                  = "ami-0e5b0000000000001" # your image; this one exists in the local AWS
    instance_types            = ["t3.small"]
    min_size                  = 4
    min_healthy_after_az_loss = 2
    user_data                 = <<-EOT
      #!/bin/sh
      echo QUEUE_URL={{queue_url}} DATABASE_HOST={{database_host}} >/etc/shop.conf
    EOT
  }

  # A policy of yours that lets them send to the queue.
  web_policy_arns = ["arn:aws:iam::${split(":", module.shop.queue_arn)[4]}:policy/shop-send"]

  # Nobody works while there is nothing to do.
  workers = {
    image_id                 = "ami-0e5b0000000000011"
    instance_types           = ["t3.small"]
    average_processing_time  = 8
    concurrency_per_instance = 4
    target_latency           = 60
    min_size                 = 0
    max_size                 = 20
    user_data                = provider::webtier::worker_user_data("/opt/shop/work {{database_host}}", { timeout = 60 })
  }

  database = { engine = "postgres", engine_version = "16", instance_class = "db.t4g.medium", allocated_storage = 50 }

  alarm_actions       = ["arn:aws:sns:eu-west-1:123456789012:operations"]
  deletion_protection = false
}

output "queue_url" {
  value = module.shop.queue_url
}
