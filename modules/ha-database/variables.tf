variable "name" {
  type        = string
  description = "Name of the database: 2 to 20 lower-case letters, digits and hyphens. Names of AWS objects begin with it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen, for example \"shop\"."
  }
}

variable "engine" {
  type        = string
  description = "`postgres`, `mysql` or `mariadb`. It can never change."
  nullable    = false

  validation {
    condition     = contains(["postgres", "mysql", "mariadb"], var.engine)
    error_message = "engine must be \"postgres\", \"mysql\" or \"mariadb\"."
  }
}

variable "engine_version" {
  type        = string
  description = "Version, or the beginning of one, such as `16`: AWS then chooses the minor version."
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]+(\\.[0-9]+)*$", var.engine_version))
    error_message = "engine_version must be a version or its beginning, for example \"16\" or \"8.0\"."
  }
}

variable "instance_class" {
  type        = string
  description = "Class of the servers, such as `db.r7g.large`."
  nullable    = false

  validation {
    condition     = can(regex("^db\\.[a-z0-9-]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "instance_class must be a class of RDS, for example \"db.r7g.large\"; it begins with \"db.\"."
  }
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets of the database, in at least two zones; three for `multi_az_cluster`."
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must name subnets in at least two zones: the standby is in another one than the primary."
  }
}

variable "availability_mode" {
  type        = string
  description = "`multi_az_instance` (a standby), `multi_az_cluster` (two readable standbys), `aurora`, or `single_az`, which `findings` names as a single point of failure."
  default     = "multi_az_instance"
  nullable    = false

  validation {
    condition     = contains(["multi_az_instance", "multi_az_cluster", "aurora", "single_az"], var.availability_mode)
    error_message = "availability_mode must be \"multi_az_instance\", \"multi_az_cluster\", \"aurora\" or \"single_az\"."
  }
}

variable "allocated_storage" {
  type        = number
  description = "Storage in GiB, which grows by itself up to four times as much; left out for Aurora."
  default     = null

  validation {
    condition     = try(var.allocated_storage >= 20, var.allocated_storage == null)
    error_message = "allocated_storage must be at least 20 GiB."
  }

  validation {
    condition     = (var.allocated_storage == null) == (var.availability_mode == "aurora")
    error_message = "allocated_storage must be given, except with availability_mode = \"aurora\", whose storage has no size."
  }
}

variable "database_name" {
  type        = string
  description = "Name of the first database. It can never change."
  default     = null
}

variable "parameters" {
  type        = map(string)
  description = "Parameters of the engine that differ from its defaults."
  default     = {}
  nullable    = false
}

variable "backup_retention_days" {
  type        = number
  description = "Days for which the database can be restored to any point in time."
  default     = 14
  nullable    = false

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "backup_retention_days must be 1 to 35: without backups nothing can be restored."
  }
}

variable "apply_changes" {
  type        = string
  description = "When changes are made that may interrupt the database: in the `maintenance_window`, or `immediately`."
  default     = "maintenance_window"
  nullable    = false

  validation {
    condition     = contains(["maintenance_window", "immediately"], var.apply_changes)
    error_message = "apply_changes must be \"maintenance_window\" or \"immediately\"."
  }
}

variable "allow_reboot" {
  type        = bool
  description = "Reboot the database, with a fail-over, when parameters wait for that."
  default     = false
  nullable    = false
}

variable "allowed_security_group_ids" {
  type        = list(string)
  description = "Security groups that may connect, beside the client security group."
  default     = []
  nullable    = false
}

variable "alarm_actions" {
  type        = list(string)
  description = "ARNs, such as of an SNS topic, that are told of problems and of the events of RDS. Default: none, and no alarms."
  default     = []
  nullable    = false
}

variable "deletion_protection" {
  type        = bool
  description = "Refuse to destroy the database. Apply `false` before a destroy; a final snapshot is made all the same."
  default     = true
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags for every AWS object."
  default     = {}
  nullable    = false
}
