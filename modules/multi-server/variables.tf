variable "name" {
  type        = string
  description = "Name of the tier: 2 to 20 lower-case letters, digits and hyphens. Names of AWS objects begin with it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen, for example \"shop\"."
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
  description = "EC2 instance types of the servers, the preferred one first: the others are taken where AWS has none of it."
  nullable    = false

  validation {
    condition     = length(var.instance_types) > 0 && alltrue([for type in var.instance_types : can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", type))])
    error_message = "instance_types must name at least one instance type, for example [\"t3.small\"]."
  }
}

variable "spot" {
  type = object({
    on_demand_base = optional(number, 0)
    percentage     = number
  })
  description = "Share of Spot Instances: `percentage` of the servers above `on_demand_base`. Give several instance_types with it. Without, all are On-Demand."
  default     = null

  validation {
    condition     = var.spot == null || try(var.spot.percentage >= 1 && var.spot.percentage <= 100 && var.spot.on_demand_base >= 0, false)
    error_message = "spot.percentage must be 1 to 100, and spot.on_demand_base 0 or more."
  }
}

variable "public_subnet_ids" {
  type        = list(string)
  description = "Subnets of the load balancer, one a zone."
  nullable    = false

  validation {
    condition     = length(var.public_subnet_ids) >= 2
    error_message = "public_subnet_ids must name subnets in at least two zones."
  }
}

variable "private_subnet_ids" {
  type        = list(string)
  description = "Subnets of the servers, one a zone."
  nullable    = false

  validation {
    condition     = length(var.private_subnet_ids) >= 2
    error_message = "private_subnet_ids must name subnets in at least two zones: one zone alone would be a single point of failure."
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

variable "health_check_grace_period" {
  type        = number
  description = "Seconds that a new server may take before failed health checks count."
  default     = 300
  nullable    = false

  validation {
    condition     = var.health_check_grace_period >= 0 && var.health_check_grace_period <= 7200
    error_message = "health_check_grace_period must be 0 to 7200 seconds."
  }
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
  description = "Servers that the loss of a whole zone must leave."
  default     = 1
  nullable    = false

  validation {
    condition     = var.min_healthy_after_az_loss >= 1
    error_message = "min_healthy_after_az_loss must be at least 1: with 0 the loss of a zone may take the tier down."
  }
}

variable "user_data" {
  type        = string
  description = "Script or cloud-init configuration in plain text, at most 16 KiB."
  default     = null

  validation {
    condition     = length(coalesce(var.user_data, " ")) <= 16384
    error_message = "user_data may have 16 KiB: bake the rest into the image, or fetch it in the script."
  }
}

variable "user_data_wo" {
  type        = string
  description = "The same as `user_data`, for scripts with secrets: neither plan nor state holds it."
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = length(coalesce(var.user_data_wo, " ")) <= 16384
    error_message = "user_data_wo may have 16 KiB: bake the rest into the image, or fetch it in the script."
  }

  validation {
    condition     = var.user_data_wo == null || var.user_data == null
    error_message = "Give user_data or user_data_wo, not both."
  }
}

variable "user_data_wo_version" {
  type        = number
  description = "Number of `user_data_wo`, from 1 on; another one rolls it out."
  default     = null

  validation {
    condition     = (var.user_data_wo_version == null) == (var.user_data_wo == null)
    error_message = "Give user_data_wo and user_data_wo_version together."
  }
}

variable "iam_policy_arns" {
  type        = list(string)
  description = "Policies of the servers' role. Default: `AmazonSSMManagedInstanceCore`, for Session Manager instead of SSH keys."
  default     = null
}

variable "security_group_ids" {
  type        = list(string)
  description = "Further security groups of the servers, such as a database's client group."
  default     = []
  nullable    = false
}

variable "alarm_actions" {
  type        = list(string)
  description = "ARNs, such as that of an SNS topic, that are told when servers stay unhealthy or missing, requests fail, or answers are slow. Without, there are no alarms."
  default     = []
  nullable    = false

  validation {
    condition     = length(var.alarm_actions) <= 5 && alltrue([for action in var.alarm_actions : startswith(action, "arn:")])
    error_message = "alarm_actions must be at most 5 ARNs, for example [\"arn:aws:sns:eu-west-1:123456789012:alarms\"]."
  }
}

variable "access_logs" {
  type = object({
    bucket         = optional(string)
    prefix         = optional(string)
    retention_days = optional(number)
  })
  description = "Access logs of the load balancer; `{}` makes a bucket that keeps them for `retention_days` (default 90, `0` for ever) and outlives the tier. With `bucket` they go to that one. Without, there are none."
  default     = null

  validation {
    condition     = try(var.access_logs.bucket, null) == null || try(var.access_logs.retention_days, null) == null
    error_message = "access_logs.retention_days is a setting of the bucket that is made without access_logs.bucket."
  }

  validation {
    condition     = try(var.access_logs.retention_days, null) == null || try(var.access_logs.retention_days >= 0, false)
    error_message = "access_logs.retention_days must be 0 (for ever) or more."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Refuse to destroy the tier. Apply `false` before a destroy."
  default     = true
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags for every AWS object."
  default     = {}
  nullable    = false
}
