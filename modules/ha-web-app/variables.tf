variable "name" {
  type        = string
  description = "Name of the application: 2 to 20 lower-case letters, digits and hyphens. Names of AWS objects begin with it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen, for example \"shop\"."
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

variable "image_id" {
  type        = string
  description = "AMI of the servers. A change is rolled out, and rolled back when the new servers do not become healthy."
  nullable    = false

  validation {
    condition     = can(regex("^ami-[0-9a-f]{8,17}$", var.image_id))
    error_message = "image_id must be the id of an AMI, for example \"ami-0123456789abcdef0\"."
  }
}

variable "instance_types" {
  type        = list(string)
  description = "EC2 instance types of the servers, the preferred one first."
  nullable    = false

  validation {
    condition     = length(var.instance_types) > 0 && alltrue([for type in var.instance_types : can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", type))])
    error_message = "instance_types must name at least one instance type, for example [\"t3.small\"]."
  }
}

variable "port" {
  type        = number
  description = "Port on which the servers listen."
  default     = 80
  nullable    = false

  validation {
    condition     = var.port >= 1 && var.port <= 65535 && floor(var.port) == var.port
    error_message = "port must be a whole number from 1 to 65535."
  }
}

variable "certificate_arn" {
  type        = string
  description = "Certificate for HTTPS; port 80 then redirects. Without one the tier speaks HTTP only, which `findings` names."
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:(acm|iam):", var.certificate_arn))
    error_message = "certificate_arn must be the ARN of an ACM certificate or an IAM server certificate."
  }
}

variable "health_check_path" {
  type        = string
  description = "Path that a healthy server answers with 200."
  default     = "/"
  nullable    = false

  validation {
    condition     = startswith(var.health_check_path, "/")
    error_message = "health_check_path must begin with a slash, for example \"/healthz\"."
  }
}

variable "user_data" {
  type        = string
  description = "Script or cloud-init configuration in plain text, at most 16 KiB. `{{database_host}}`, `{{database_port}}` and `{{database_secret_arn}}` stand for those of the database."
  default     = null

  validation {
    condition     = length(coalesce(var.user_data, " ")) <= 16384
    error_message = "user_data may have 16 KiB: bake the rest into the image, or fetch it in the script."
  }
}

variable "iam_policy_arns" {
  type        = list(string)
  description = "Policies of the servers' role. Default: `AmazonSSMManagedInstanceCore`, for Session Manager instead of SSH keys."
  default     = null
}

variable "min_size" {
  type        = number
  description = "Least number of servers. Default: one a zone."
  default     = null

  validation {
    condition     = var.min_size == null || try(var.min_size >= 1, false)
    error_message = "min_size must be at least 1; leave it out for one server a zone."
  }
}

variable "max_size" {
  type        = number
  description = "Largest number of servers. Default: twice the least."
  default     = null

  validation {
    condition     = var.max_size == null || try(var.max_size >= coalesce(var.min_size, 1), false)
    error_message = "max_size must be at least min_size."
  }
}

variable "scaling" {
  type = object({
    cpu_utilization     = optional(number)
    requests_per_target = optional(number)
    schedules = optional(map(object({
      recurrence       = string
      time_zone        = optional(string)
      min_size         = optional(number)
      max_size         = optional(number)
      desired_capacity = optional(number)
    })))
  })
  description = "What the number of servers follows: the CPU utilization to keep, or the requests a minute of each server, and the time. Each of `schedules` sets other sizes when it recurs, as five fields of cron. `{}` keeps the number at `min_size`."
  default     = { cpu_utilization = 50 }
  nullable    = false

  validation {
    condition     = try(var.scaling.cpu_utilization >= 1 && var.scaling.cpu_utilization <= 100, var.scaling.cpu_utilization == null)
    error_message = "scaling.cpu_utilization must be 1 to 100 percent, for example { cpu_utilization = 50 }."
  }

  validation {
    condition     = try(var.scaling.requests_per_target >= 1, var.scaling.requests_per_target == null)
    error_message = "scaling.requests_per_target must be at least 1 request a minute."
  }

  validation {
    condition     = alltrue([for schedule in values(coalesce(var.scaling.schedules, {})) : length(split(" ", schedule.recurrence)) == 5])
    error_message = "scaling.schedules: recurrence must be five fields of cron, for example \"0 7 * * MON-FRI\"."
  }
}

variable "min_healthy_after_az_loss" {
  type        = number
  description = "Servers that the loss of a whole zone must leave. The plan refuses a `min_size` that is too small for it, and says which one is enough."
  default     = 1
  nullable    = false

  validation {
    condition     = var.min_healthy_after_az_loss >= 1
    error_message = "min_healthy_after_az_loss must be at least 1: with 0 the loss of a zone may take the application down."
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
    parameters            = optional(map(string), {})
    backup_retention_days = optional(number, 14)
  })
  description = "The database: `engine` (`postgres`, `mysql`, `mariadb`), `engine_version`, `instance_class`, `allocated_storage` in GiB (left out for Aurora), and optionally `availability_mode`, `name` of the first database, `parameters`, `backup_retention_days`."
  nullable    = false

  validation {
    condition     = contains(["postgres", "mysql", "mariadb"], var.database.engine)
    error_message = "database.engine must be \"postgres\", \"mysql\" or \"mariadb\"."
  }

  validation {
    condition     = startswith(var.database.instance_class, "db.")
    error_message = "database.instance_class must be a class of RDS, for example \"db.r7g.large\"; it begins with \"db.\"."
  }

  validation {
    condition     = (var.database.allocated_storage == null) == (var.database.availability_mode == "aurora")
    error_message = "database.allocated_storage must be given, except with availability_mode = \"aurora\", whose storage has no size."
  }

  validation {
    condition     = var.database.backup_retention_days >= 1 && var.database.backup_retention_days <= 35
    error_message = "database.backup_retention_days must be 1 to 35: without backups nothing can be restored."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Refuse to destroy the application. Apply `false` before a destroy; the database leaves a final snapshot all the same."
  default     = true
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags for every AWS object."
  default     = {}
  nullable    = false
}
