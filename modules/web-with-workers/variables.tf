variable "name" {
  type        = string
  description = "Name of the application: 2 to 20 lower-case letters, digits and hyphens. Names of AWS objects begin with it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen, for example \"shop\"."
  }
}

variable "web" {
  type = object({
    image_id                  = string
    instance_types            = list(string)
    port                      = optional(number, 80)
    health_check_path         = optional(string, "/")
    certificate_arn           = optional(string)
    user_data                 = optional(string)
    min_size                  = optional(number)
    max_size                  = optional(number)
    min_healthy_after_az_loss = optional(number, 1)
  })
  description = "The servers behind the load balancer: `image_id`, `instance_types`, and optionally `port`, `health_check_path`, `certificate_arn` for HTTPS, `user_data`, `min_size` (default: one a zone), `max_size`, `min_healthy_after_az_loss`. `{{queue_url}}` in `user_data` stands for that of the queue; with a database, `{{database_host}}`, `{{database_port}}` and `{{database_secret_arn}}` for its."
  nullable    = false

  validation {
    condition     = can(regex("^ami-[0-9a-f]{8,17}$", var.web.image_id))
    error_message = "web.image_id must be the id of an AMI, for example \"ami-0123456789abcdef0\"."
  }

  validation {
    condition     = length(var.web.instance_types) > 0 && alltrue([for type in var.web.instance_types : can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", type))])
    error_message = "web.instance_types must name at least one instance type, for example [\"t3.small\"]."
  }

  validation {
    condition     = var.web.port >= 1 && var.web.port <= 65535 && floor(var.web.port) == var.web.port
    error_message = "web.port must be a whole number from 1 to 65535."
  }

  validation {
    condition     = startswith(var.web.health_check_path, "/")
    error_message = "web.health_check_path must begin with a slash, for example \"/healthz\"."
  }

  validation {
    condition     = var.web.certificate_arn == null || can(regex("^arn:[a-z-]+:(acm|iam):", var.web.certificate_arn))
    error_message = "web.certificate_arn must be the ARN of an ACM certificate or an IAM server certificate."
  }

  validation {
    condition     = try(var.web.max_size >= var.web.min_size, true)
    error_message = "web.max_size must be at least web.min_size."
  }

  validation {
    condition     = var.web.min_healthy_after_az_loss >= 1
    error_message = "web.min_healthy_after_az_loss must be at least 1: with 0 the loss of a zone may take the application down."
  }

  validation {
    condition     = var.database != null || !strcontains(coalesce(var.web.user_data, " "), "{{database_")
    error_message = "web.user_data asks for the database: give database, or take {{database_…}} out of the script."
  }
}

# Not in web: a policy that names this module's queue must not be what the network waits for.
variable "web_policy_arns" {
  type        = list(string)
  description = "Policies of the web servers' role, one of them to send to the queue. Default: `AmazonSSMManagedInstanceCore`, for Session Manager instead of SSH keys."
  default     = null

  validation {
    condition     = alltrue([for arn in coalesce(var.web_policy_arns, []) : startswith(arn, "arn:")])
    error_message = "web_policy_arns must be ARNs of IAM policies, for example \"arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore\"."
  }
}

variable "workers" {
  type = object({
    image_id                 = string
    instance_types           = list(string)
    average_processing_time  = number
    target_latency           = optional(number, 300)
    concurrency_per_instance = optional(number, 1)
    user_data                = optional(string)
    iam_policy_arns          = optional(list(string))
    min_size                 = optional(number, 2)
    max_size                 = optional(number, 10)
  })
  description = "The servers that work on messages: `image_id`, `instance_types`, `average_processing_time` of a message in seconds, and optionally `target_latency`, the seconds that a message may wait, `concurrency_per_instance`, `user_data`, `iam_policy_arns`, `min_size` and `max_size`. With a database, `{{database_host}}`, `{{database_port}}` and `{{database_secret_arn}}` in `user_data` stand for its."
  nullable    = false

  validation {
    condition     = can(regex("^ami-[0-9a-f]{8,17}$", var.workers.image_id))
    error_message = "workers.image_id must be the id of an AMI, for example \"ami-0123456789abcdef0\"."
  }

  validation {
    condition     = length(var.workers.instance_types) > 0 && alltrue([for type in var.workers.instance_types : can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", type))])
    error_message = "workers.instance_types must name at least one instance type, for example [\"t3.small\"]."
  }

  validation {
    condition     = var.workers.average_processing_time > 0 && var.workers.average_processing_time <= 43200
    error_message = "workers.average_processing_time must be more than 0 and at most 43200 seconds."
  }

  validation {
    condition     = var.workers.target_latency >= var.workers.average_processing_time
    error_message = "workers.target_latency must be at least workers.average_processing_time: a message cannot be done sooner than it takes."
  }

  validation {
    condition     = var.workers.concurrency_per_instance >= 1
    error_message = "workers.concurrency_per_instance must be at least 1."
  }

  validation {
    condition     = var.workers.min_size >= 0 && var.workers.max_size >= max(var.workers.min_size, 1)
    error_message = "workers.min_size must be at least 0, and workers.max_size at least 1 and at least min_size."
  }

  validation {
    condition     = var.database != null || !strcontains(coalesce(var.workers.user_data, " "), "{{database_")
    error_message = "workers.user_data asks for the database: give database, or take {{database_…}} out of the script."
  }
}

variable "database" {
  type = object({
    engine                = string
    engine_version        = string
    instance_class        = string
    allocated_storage     = optional(number)
    availability_mode     = optional(string, "multi_az_instance")
    name                  = optional(string)
    backup_retention_days = optional(number, 14)
  })
  description = "A database for web servers and workers: `engine` (`postgres`, `mysql`, `mariadb`), `engine_version`, `instance_class`, `allocated_storage` in GiB (left out for Aurora), and optionally `availability_mode`, `name` of the first database, `backup_retention_days`. Left out, there is none."
  default     = null

  validation {
    condition     = contains(["postgres", "mysql", "mariadb"], try(var.database.engine, "postgres"))
    error_message = "database.engine must be \"postgres\", \"mysql\" or \"mariadb\"."
  }

  validation {
    condition     = startswith(try(var.database.instance_class, "db."), "db.")
    error_message = "database.instance_class must be a class of RDS, for example \"db.r7g.large\"; it begins with \"db.\"."
  }

  validation {
    condition     = var.database == null || try((var.database.allocated_storage == null) == (var.database.availability_mode == "aurora"), true)
    error_message = "database.allocated_storage must be given, except with availability_mode = \"aurora\", whose storage has no size."
  }

  validation {
    condition     = try(var.database.backup_retention_days >= 1 && var.database.backup_retention_days <= 35, true)
    error_message = "database.backup_retention_days must be 1 to 35: without backups nothing can be restored."
  }
}

variable "cidr_block" {
  type        = string
  description = "IPv4 range of the VPC, in canonical form."
  default     = "10.20.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrnetmask(var.cidr_block)) && try(cidrsubnet(var.cidr_block, 0, 0) == var.cidr_block, false)
    error_message = "cidr_block must be an IPv4 range whose address is its first, for example \"10.20.0.0/16\"."
  }
}

variable "nat_gateway_mode" {
  type        = string
  description = "How private subnets reach the internet: `per_az`, `single` (a single point of failure), `regional` or `none`."
  default     = "per_az"
  nullable    = false

  validation {
    condition     = contains(["per_az", "single", "regional", "none"], var.nat_gateway_mode)
    error_message = "nat_gateway_mode must be \"per_az\", \"single\", \"regional\" or \"none\"."
  }
}

variable "alarm_actions" {
  type        = list(string)
  description = "ARNs that alarms of the queue notify, such as an SNS topic. Without one there are no alarms."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for action in var.alarm_actions : startswith(action, "arn:")])
    error_message = "alarm_actions must be ARNs, for example of an SNS topic."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Refuse to destroy the application. Apply `false` before a destroy; what is in the queue is lost with it, a database leaves a final snapshot."
  default     = true
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags for every AWS object."
  default     = {}
  nullable    = false
}
