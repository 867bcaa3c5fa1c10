resource "webtier_network" "shop" {
  name       = "shop"
  cidr_block = "10.20.0.0/16"
}

resource "webtier_queue_worker" "thumbnails" {
  name                = "thumbnails"
  image_id            = "ami-0e5b0000000000011"
  instance_types      = ["t3.small"]
  instance_subnet_ids = webtier_network.shop.subnet_ids["private"]

  # Four messages at a time on each server, eight seconds each: thirty messages for a
  # server may wait for a minute.
  average_processing_time  = 8
  concurrency_per_instance = 4
  target_latency           = 60

  # Nobody works while there is nothing to do. 20 servers keep up with ten messages a second.
  min_size  = 0
  max_size  = 20
  peak_rate = 10

  producer_principals = ["arn:aws:iam::123456789012:role/shop"]
  alarm_actions       = ["arn:aws:sns:eu-west-1:123456789012:operations"]
}
