provider "webtier" {
  region = var.region

  default_tags = {
    scenario = "web-with-workers"
  }
}

resource "webtier_network" "this" {
  name                    = var.name
  cidr_block              = var.cidr_block
  availability_zone_count = 3
  instance_types          = [var.instance_type]
  deletion_protection     = var.deletion_protection
}

# What visitors do not wait for: the web servers put it into the queue, and the workers
# do it, up to a minute later.
resource "webtier_queue_worker" "this" {
  name                = var.name
  image_id            = var.worker_image_id
  instance_types      = [var.instance_type]
  instance_subnet_ids = webtier_network.this.subnet_ids["private"]
  deletion_protection = var.deletion_protection

  # Four messages at a time on each server, eight seconds each.
  average_processing_time  = 8
  concurrency_per_instance = 4
  target_latency           = 60

  # Two servers in two zones at all times; twenty keep up with the busiest hour.
  min_size  = 2
  max_size  = 20
  peak_rate = 10

  alarm_actions = var.alarm_actions
}

resource "webtier_multi_server" "this" {
  name                = var.name
  image_id            = var.web_image_id
  instance_types      = [var.instance_type]
  instance_subnet_ids = webtier_network.this.subnet_ids["private"]
  port                = 80
  deletion_protection = var.deletion_protection
  iam_policy_arns     = var.web_policy_arns

  # Where the work goes.
  user_data = <<-EOT
    #!/bin/sh
    echo QUEUE_URL=${webtier_queue_worker.this.queue_url} >/etc/shop.conf
  EOT

  # One server a zone, and room to double: the loss of a zone leaves two of three.
  min_size = 3
  max_size = 6

  load_balancer = {
    subnet_ids = webtier_network.this.subnet_ids["public"]
  }

  health_check = {
    path         = "/"
    grace_period = 120
  }
}
