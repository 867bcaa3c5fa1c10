provider "webtier" {
  region = var.region

  default_tags = {
    scenario = "clone-server"
  }
}

# Images of the server that is there already. A new release makes a new one, and the
# clones below are replaced by clones of it in the same apply.
resource "webtier_clone_server_image" "this" {
  name                = var.name
  source_instance_id  = var.master.instance_id
  triggers            = { release = var.release }
  max_age_days        = 30
  deletion_protection = var.deletion_protection
}

resource "webtier_multi_server" "this" {
  name                = var.name
  image_id            = webtier_clone_server_image.this.image_id
  instance_types      = [var.instance_type]
  instance_subnet_ids = var.private_subnet_ids
  port                = 80
  deletion_protection = var.deletion_protection

  # Clones may go where the master may.
  security_group_ids = [var.master.security_group_id]

  # Each clone fetches the content every half minute. Its database does not run: the
  # application finds the master's under this name, in /etc/hosts.
  user_data = provider::webtier::clone_user_data(var.master.private_ip, var.content_paths, {
    interval      = 30
    stop_services = ["mariadb.service"]
    host_aliases  = ["db.internal"]
  })

  # The master answers reads beside the clones; what changes something goes to it alone.
  masters = {
    instance_ids      = [var.master.instance_id]
    security_group_id = var.master.security_group_id
    sync_port         = 873
  }

  routes = [
    { name = "writes", methods = ["POST", "PUT", "PATCH", "DELETE"] },
    { name = "admin", paths = ["/admin", "/admin/*"] },
  ]

  load_balancer = {
    subnet_ids = var.public_subnet_ids
  }

  # Two clones at night, up to eight when readers come.
  min_size = 2
  max_size = 8

  scaling = {
    requests_per_target = 600
  }

  health_check = {
    path         = "/"
    grace_period = 180
  }
}
