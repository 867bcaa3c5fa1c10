locals {
  master_script = provider::webtier::clone_master_script(var.content_paths, {
    port         = var.sync.port
    health_file  = var.sync.health_file
    host_aliases = var.sync.host_aliases
  })
}

# Images of the master, one generation after another.
resource "webtier_clone_server_image" "this" {
  name                = var.name
  source_instance_id  = var.master.instance_id
  triggers            = var.triggers
  max_age_days        = var.max_age_days
  paused              = var.promote_clone # first the writes, then an image of the new master
  freeze              = var.freeze
  verify              = var.verify
  retain_on_destroy   = var.retain_images
  deletion_protection = var.deletion_protection
  tags                = var.tags
}

# The master and, beside it, servers made from its image.
resource "webtier_multi_server" "this" {
  name                = var.name
  image_id            = webtier_clone_server_image.this.image_id
  instance_types      = var.instance_types
  instance_subnet_ids = var.private_subnet_ids
  port                = var.port
  iam_policy_arns     = var.iam_policy_arns

  # Clones are in the master's group, too: they may go where it may.
  security_group_ids = concat([var.master.security_group_id], var.security_group_ids)

  # Each clone becomes a server of its own, and then follows the master's content.
  user_data = provider::webtier::clone_user_data(var.master.private_ip, var.content_paths, var.sync)

  masters = {
    instance_ids      = [var.master.instance_id]
    security_group_id = var.master.security_group_id
    sync_port         = var.sync.port
    promote           = var.promote_clone
    script            = var.deliver_master_script ? local.master_script : null
  }
  routes = var.master_routes

  load_balancer = {
    subnet_ids      = var.public_subnet_ids
    certificate_arn = var.certificate_arn
  }

  health_check = {
    path         = var.health_check_path
    grace_period = var.health_check_grace_period
  }

  min_size = var.min_size
  max_size = var.max_size
  scaling  = var.scaling

  # A create that fails keeps what it made and is finished by the next apply; the
  # condition below makes it fail all the same.
  on_create_failure   = "keep"
  deletion_protection = var.deletion_protection
  tags                = var.tags

  lifecycle {
    postcondition {
      condition     = self.health_status == "healthy"
      error_message = "The tier is not healthy: ${coalesce(self.last_failure, "its servers do not answer")}"
    }
  }
}
