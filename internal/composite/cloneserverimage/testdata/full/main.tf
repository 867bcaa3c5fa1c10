variable "server" {}
variable "subnet" {}
variable "triggers" { default = { version = "1" } }
variable "max_age_days" { default = null }
variable "paused" { default = false }
variable "reboot" { default = false }
variable "freeze" { default = null }
variable "exclude_devices" { default = null }
variable "keep_last" { default = 1 }
variable "min_age_before_delete" { default = "0s" }
variable "copies" { default = { us-east-1 = {} } }
variable "share_with_account_ids" { default = [] }
variable "deprecate_after_days" { default = 90 }
variable "deregistration_protection" { default = false }
variable "verify" { default = true }
variable "verify_timeout" { default = "10m" }
variable "http_path" { default = null }
variable "retain_on_destroy" { default = false }
variable "tags" { default = null }
variable "deletion_protection" { default = false }

resource "webtier_clone_server_image" "this" {
  name                      = "shop"
  source_instance_id        = var.server
  triggers                  = var.triggers
  max_age_days              = var.max_age_days
  paused                    = var.paused
  reboot                    = var.reboot
  freeze                    = var.freeze
  exclude_devices           = var.exclude_devices
  keep_last                 = var.keep_last
  min_age_before_delete     = var.min_age_before_delete
  copies                    = var.copies
  share_with_account_ids    = var.share_with_account_ids
  deprecate_after_days      = var.deprecate_after_days
  deregistration_protection = var.deregistration_protection
  verify = var.verify ? {
    instance_type        = "t3.small"
    subnet_id            = var.subnet
    iam_instance_profile = "server"
    timeout              = var.verify_timeout
    http_path            = var.http_path
  } : null
  retain_on_destroy   = var.retain_on_destroy
  tags                = var.tags
  deletion_protection = var.deletion_protection
}
