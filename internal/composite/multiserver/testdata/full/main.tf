variable "public_subnet_ids" {}

variable "private_subnet_ids" {}

variable "image_id" {
  default = "ami-0e5b0000000000001"
}

variable "instance_types" {
  default = ["t3.small"]
}

variable "spot" {
  default = null
}

variable "type" {
  default = "application"
}

variable "internal" {
  default = false
}

variable "certificate_arn" {
  default = "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
}

variable "ingress_cidr_blocks" {
  default = ["192.0.2.0/24", "198.51.100.0/24"]
}

variable "ssl_policy" {
  default = "ELBSecurityPolicy-TLS13-1-2-2021-06"
}

variable "idle_timeout" {
  default = 30
}

variable "listener_port" {
  default = null
}

variable "create_access_logs_bucket" {
  default = true
}

variable "access_logs_bucket" {
  default = null
}

variable "access_logs_retention_days" {
  default = 30
}

variable "access_logs_prefix" {
  default = "shop"
}

variable "port" {
  default = 8080
}

variable "protocol" {
  default = null
}

variable "health_check" {
  default = { path = "/healthz", matcher = "200-299", interval = 10, timeout = 4, healthy = 3, unhealthy = 4, grace_period = 120 }
}

variable "min_size" {
  default = 3
}

variable "min_healthy_after_az_loss" {
  default = null
}

variable "max_size" {
  default = 9
}

variable "scaling" {
  default = { cpu_utilization = 60 }
}

variable "rollout" {
  default = { min_healthy_percentage = 100, max_healthy_percentage = 150 }
}

variable "user_data" {
  default = "#!/bin/sh\necho one\n"
}

variable "user_data_wo" {
  default = null
}

variable "user_data_wo_version" {
  default = null
}

variable "iam_policy_arns" {
  default = ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore", "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"]
}

variable "iam_instance_profile" {
  default = null
}

variable "security_group_ids" {
  default = null
}

variable "root_volume" {
  default = { size = 20 }
}

variable "deregistration_delay" {
  default = 30
}

variable "stickiness" {
  default = { duration = 600 }
}

variable "dns" {
  default = null
}

variable "web_acl_arn" {
  default = null
}

variable "alarm_actions" {
  default = null
}

variable "edge" {
  default = true
}

variable "zonal_shift" {
  default = true
}

variable "tags" {
  default = { team = "shop", stage = "test" }
}

variable "deletion_protection" {
  default = false
}

variable "on_create_failure" {
  default = null
}

variable "timeouts" {
  default = null
}

resource "webtier_multi_server" "this" {
  name                = "shop-full"
  image_id            = var.image_id
  instance_types      = var.instance_types
  spot                = var.spot
  instance_subnet_ids = var.private_subnet_ids
  load_balancer = {
    subnet_ids                 = var.public_subnet_ids
    type                       = var.type
    internal                   = var.internal
    certificate_arn            = var.certificate_arn
    ssl_policy                 = var.ssl_policy
    ingress_cidr_blocks        = var.ingress_cidr_blocks
    idle_timeout               = var.idle_timeout
    listener_port              = var.listener_port
    create_access_logs_bucket  = var.create_access_logs_bucket
    access_logs_bucket         = var.access_logs_bucket
    access_logs_retention_days = var.access_logs_retention_days
    access_logs_prefix         = var.access_logs_prefix
    web_acl_arn                = var.edge ? var.web_acl_arn : null
  }
  port         = var.port
  protocol     = var.protocol
  health_check = var.health_check
  min_size     = var.min_size
  max_size     = var.max_size

  min_healthy_after_az_loss = var.min_healthy_after_az_loss

  alarm_actions        = var.alarm_actions
  scaling              = var.scaling
  rollout              = var.rollout
  user_data            = var.user_data
  user_data_wo         = var.user_data_wo
  user_data_wo_version = var.user_data_wo_version
  iam_policy_arns      = var.iam_policy_arns
  iam_instance_profile = var.iam_instance_profile
  security_group_ids   = var.security_group_ids
  root_volume          = var.root_volume
  deregistration_delay = var.deregistration_delay
  stickiness           = var.stickiness
  zonal_shift          = var.zonal_shift
  dns                  = var.edge ? var.dns : null
  tags                 = var.tags
  deletion_protection  = var.deletion_protection
  on_create_failure    = var.on_create_failure
  timeouts             = var.timeouts
}
