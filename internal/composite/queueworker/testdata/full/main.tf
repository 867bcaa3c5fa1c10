variable "private_subnet_ids" {}

variable "image_id" {
  default = "ami-0e5b0000000000011"
}

variable "instance_types" {
  default = ["t3.small"]
}

variable "spot" {
  default = null
}

variable "average_processing_time" {
  default = 10
}

variable "min_size" {
  default = 0
}

variable "max_size" {
  default = 9
}

variable "fifo" {
  default = false
}

variable "target_latency" {
  default = 120
}

variable "concurrency_per_instance" {
  default = 4
}

variable "peak_rate" {
  default = 1
}

variable "visibility_timeout" {
  default = 90
}

variable "max_receive_count" {
  default = 4
}

variable "message_retention" {
  default = 86400
}

variable "dead_letter_retention" {
  default = 604800
}

variable "scale_in_protection" {
  default = "lifecycle_hook"
}

variable "producer_principals" {
  default = ["arn:aws:iam::123456789012:root", "sns.amazonaws.com"]
}

variable "kms_key_id" {
  default = "alias/aws/sqs"
}

variable "queue_environment" {
  default = true
}

variable "alarm_actions" {
  default = ["arn:aws:sns:eu-west-1:123456789012:ops"]
}

variable "rollout" {
  default = { min_healthy_percentage = 100, max_healthy_percentage = 150 }
}

variable "user_data" {
  default = "#!/bin/sh\necho one\n"
}

variable "iam_policy_arns" {
  default = ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore", "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"]
}

variable "root_volume" {
  default = { size = 20 }
}

variable "on_create_failure" {
  default = "fail"
}

variable "tags" {
  default = { team = "shop", stage = "test" }
}

variable "deletion_protection" {
  default = false
}

resource "webtier_queue_worker" "this" {
  name                     = "jobs-full"
  instance_subnet_ids      = var.private_subnet_ids
  image_id                 = var.image_id
  instance_types           = var.instance_types
  spot                     = var.spot
  average_processing_time  = var.average_processing_time
  min_size                 = var.min_size
  max_size                 = var.max_size
  fifo                     = var.fifo
  target_latency           = var.target_latency
  concurrency_per_instance = var.concurrency_per_instance
  peak_rate                = var.peak_rate
  visibility_timeout       = var.visibility_timeout
  max_receive_count        = var.max_receive_count
  message_retention        = var.message_retention
  dead_letter_retention    = var.dead_letter_retention
  scale_in_protection      = var.scale_in_protection
  producer_principals      = var.producer_principals
  kms_key_id               = var.kms_key_id
  queue_environment        = var.queue_environment
  alarm_actions            = var.alarm_actions
  rollout                  = var.rollout
  user_data                = var.user_data
  iam_policy_arns          = var.iam_policy_arns
  root_volume              = var.root_volume
  on_create_failure        = var.on_create_failure
  tags                     = var.tags
  deletion_protection      = var.deletion_protection
}
