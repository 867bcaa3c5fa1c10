variable "name" {
  type        = string
  description = "Name of the tier: 2 to 20 lower-case letters, digits and hyphens. Names of AWS objects begin with it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen, for example \"shop\"."
  }
}

variable "master" {
  type = object({
    instance_id       = string
    private_ip        = string
    security_group_id = string
  })
  description = "The server that exists already: its id, its address in the VPC, and a security group that it has. It is neither changed nor terminated."
  nullable    = false

  validation {
    condition     = can(regex("^i-[0-9a-f]{8,17}$", var.master.instance_id))
    error_message = "master.instance_id must be the id of an instance, for example \"i-0123456789abcdef0\"."
  }

  validation {
    condition     = can(cidrhost("${var.master.private_ip}/32", 0))
    error_message = "master.private_ip must be the private IPv4 address of the instance, for example \"10.20.0.15\"."
  }

  validation {
    condition     = can(regex("^sg-[0-9a-f]{8,17}$", var.master.security_group_id))
    error_message = "master.security_group_id must be the id of a security group that the instance has, for example \"sg-0123456789abcdef0\"."
  }
}

variable "deliver_master_script" {
  type        = bool
  description = "Have Systems Manager run `master_script` on the master. It needs the SSM agent and an instance profile with `AmazonSSMManagedInstanceCore`, as clones have by default."
  default     = false
  nullable    = false
}

variable "promote_clone" {
  type        = bool
  description = "Let the clone that `master` names become the master: it leaves the Auto Scaling group, gets the writes, and the other clones follow it. Images wait until this is `false` again."
  default     = false
  nullable    = false
}

variable "content_paths" {
  type        = list(string)
  description = "Folders that the clones fetch from the master, again and again. What no folder here holds stays as it was in the image."
  nullable    = false

  validation {
    condition     = length(var.content_paths) > 0 && alltrue([for folder in var.content_paths : startswith(folder, "/") && !endswith(folder, "/")])
    error_message = "content_paths must name at least one folder by its absolute path, without a slash at the end, for example [\"/var/www\"]."
  }
}

variable "instance_types" {
  type        = list(string)
  description = "EC2 instance types of the clones, the preferred one first."
  nullable    = false

  validation {
    condition     = length(var.instance_types) > 0 && alltrue([for type in var.instance_types : can(regex("^[a-z0-9-]+\\.[a-z0-9-]+$", type))])
    error_message = "instance_types must name at least one instance type, for example [\"t3.small\"]."
  }
}

variable "public_subnet_ids" {
  type        = list(string)
  description = "Subnets of the load balancer, one a zone, in the master's VPC."
  nullable    = false

  validation {
    condition     = length(var.public_subnet_ids) >= 2
    error_message = "public_subnet_ids must name subnets in at least two zones."
  }
}

variable "private_subnet_ids" {
  type        = list(string)
  description = "Subnets of the clones, one a zone, in the master's VPC."
  nullable    = false

  validation {
    condition     = length(var.private_subnet_ids) >= 2
    error_message = "private_subnet_ids must name subnets in at least two zones: one zone alone would be a single point of failure."
  }
}

variable "port" {
  type        = number
  description = "Port on which master and clones listen."
  default     = 80
  nullable    = false

  validation {
    condition     = var.port >= 1 && var.port <= 65535 && floor(var.port) == var.port
    error_message = "port must be a whole number from 1 to 65535."
  }
}

variable "master_routes" {
  type = list(object({
    name    = string
    hosts   = optional(set(string))
    paths   = optional(set(string))
    methods = optional(set(string))
  }))
  description = "Requests that only the master gets, in the order in which they are tried. Default: all that write, by their method."
  default     = [{ name = "writes", methods = ["POST", "PUT", "PATCH", "DELETE"] }]
  nullable    = false

  validation {
    condition     = length(var.master_routes) > 0
    error_message = "master_routes must have at least one route: what the application writes has to go to the master, or the next pull of content removes it. For example [{ name = \"uploads\", paths = [\"/upload/*\"] }]."
  }
}

variable "sync" {
  type = object({
    interval      = optional(number, 60)
    max_age       = optional(number, 600)
    excludes      = optional(list(string), [])
    bandwidth     = optional(number, 0)
    delete        = optional(bool, true)
    port          = optional(number, 873)
    health_file   = optional(string)
    stop_services = optional(list(string), [])
    host_aliases  = optional(list(string), [])
    replace       = optional(list(object({ file = string, from = string, to = string })), [])
    then          = optional(string)
  })
  description = "How content follows: the options of the function `clone_user_data`. `stop_services` are what must not run on clones, such as the database."
  default     = {}
  nullable    = false

  validation {
    condition     = var.sync.interval >= 10 && var.sync.max_age >= 2 * var.sync.interval
    error_message = "sync.interval must be at least 10 seconds, and sync.max_age at least twice as long: one pull that fails must not make a clone unhealthy."
  }
}

variable "triggers" {
  type        = map(string)
  description = "Any values; when one changes, a new image is made of the master, and the clones are replaced by clones of it. For example the version that was just deployed."
  default     = {}
  nullable    = false
}

variable "max_age_days" {
  type        = number
  description = "Age of the image from which a plan proposes another one. Without it only `triggers` make images."
  default     = null

  validation {
    condition     = try(var.max_age_days >= 1, var.max_age_days == null)
    error_message = "max_age_days must be at least 1; leave it out for images that do not age."
  }
}

variable "freeze" {
  type = object({
    document_name = optional(string)
    before        = optional(list(string))
    after         = optional(list(string))
    timeout       = optional(string)
  })
  description = "How the master is brought to rest while an image of it begins: commands `before` and `after`, or an SSM document. Without it images hold what a power cut would have left, which `findings` names."
  default     = null
}

variable "verify" {
  type = object({
    instance_type        = string
    subnet_id            = string
    security_group_ids   = optional(set(string))
    iam_instance_profile = optional(string)
    timeout              = optional(string)
    http_path            = optional(string)
    http_port            = optional(number)
  })
  description = "Start one server from each new image before the clones are replaced by it. Only an image whose server passes is used."
  default     = null
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
  description = "Path that a healthy server answers with 200, clones and master alike."
  default     = "/"
  nullable    = false

  validation {
    condition     = startswith(var.health_check_path, "/")
    error_message = "health_check_path must begin with a slash, for example \"/healthz\"."
  }
}

variable "health_check_grace_period" {
  type        = number
  description = "Seconds that a new clone may take, its first fetch of content included, before failed health checks count."
  default     = 300
  nullable    = false

  validation {
    condition     = var.health_check_grace_period >= 0 && var.health_check_grace_period <= 7200
    error_message = "health_check_grace_period must be 0 to 7200 seconds."
  }
}

variable "min_size" {
  type        = number
  description = "Least number of clones. Default: one a zone."
  default     = null

  validation {
    condition     = var.min_size == null || try(var.min_size >= 1, false)
    error_message = "min_size must be at least 1; leave it out for one clone a zone."
  }
}

variable "max_size" {
  type        = number
  description = "Largest number of clones. Default: twice the least."
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
  description = "What the number of clones follows: the CPU utilization to keep, or the requests a minute of each server, and the time. Each of `schedules` sets other sizes when it recurs, as five fields of cron. `{}` keeps the number at `min_size`."
  default     = { cpu_utilization = 50 }
  nullable    = false

  validation {
    condition     = try(var.scaling.cpu_utilization >= 1 && var.scaling.cpu_utilization <= 100, var.scaling.cpu_utilization == null)
    error_message = "scaling.cpu_utilization must be 1 to 100 percent, for example { cpu_utilization = 50 }."
  }

  validation {
    condition     = alltrue([for schedule in values(coalesce(var.scaling.schedules, {})) : length(split(" ", schedule.recurrence)) == 5])
    error_message = "scaling.schedules: recurrence must be five fields of cron, for example \"0 7 * * MON-FRI\"."
  }
}

variable "iam_policy_arns" {
  type        = list(string)
  description = "Policies of the clones' role: those of the master. Default: `AmazonSSMManagedInstanceCore`, for Session Manager instead of SSH keys."
  default     = null
}

variable "security_group_ids" {
  type        = list(string)
  description = "Further security groups of the clones, beside the master's."
  default     = []
  nullable    = false
}

variable "retain_images" {
  type        = bool
  description = "Leave the images when the tier is destroyed."
  default     = true
  nullable    = false
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
