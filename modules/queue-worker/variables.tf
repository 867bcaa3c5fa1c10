variable "name" {
  type        = string
  description = "Name of the workers: 2 to 20 lower-case letters, digits and hyphens. Names of AWS objects begin with it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 20 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen, for example \"shop\"."
  }
}

variable "image_id" {
  type        = string
  description = "AMI of the servers. A change is rolled out, and rolled back when the new servers do not start."
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

variable "private_subnet_ids" {
  type        = list(string)
  description = "Subnets of the servers, one a zone."
  nullable    = false

  validation {
    condition     = length(var.private_subnet_ids) >= 2
    error_message = "private_subnet_ids must name subnets in at least two zones: one zone alone would be a single point of failure."
  }
}

variable "average_processing_time" {
  type        = number
  description = "Seconds that a server works on a message on average."
  nullable    = false

  validation {
    condition     = var.average_processing_time > 0 && var.average_processing_time <= 43200
    error_message = "average_processing_time must be more than 0 and at most 43200 seconds."
  }
}

variable "target_latency" {
  type        = number
  description = "Seconds that a message may wait; servers are added when it would be longer."
  default     = 300
  nullable    = false

  validation {
    condition     = var.target_latency >= var.average_processing_time
    error_message = "target_latency must be at least average_processing_time: a message cannot be done sooner than it takes."
  }
}

variable "concurrency_per_instance" {
  type        = number
  description = "How many messages a server works on at the same time."
  default     = 1
  nullable    = false

  validation {
    condition     = var.concurrency_per_instance >= 1
    error_message = "concurrency_per_instance must be at least 1."
  }
}

variable "min_size" {
  type        = number
  description = "Least number of servers; with 0 the first message starts one."
  default     = 2
  nullable    = false

  validation {
    condition     = var.min_size >= 0
    error_message = "min_size must be at least 0."
  }
}

variable "max_size" {
  type        = number
  description = "Largest number of servers."
  default     = 10
  nullable    = false

  validation {
    condition     = var.max_size >= max(var.min_size, 1)
    error_message = "max_size must be at least 1 and at least min_size."
  }
}

variable "max_receive_count" {
  type        = number
  description = "How often a message is received before it goes to the dead-letter queue."
  default     = 5
  nullable    = false

  validation {
    condition     = var.max_receive_count >= 1 && var.max_receive_count <= 1000
    error_message = "max_receive_count must be 1 to 1000."
  }
}

variable "fifo" {
  type        = bool
  description = "Process messages of a group in their order, each exactly once. It should never change: it makes new queues."
  default     = false
  nullable    = false
}

variable "producer_principals" {
  type        = list(string)
  description = "Who else may send messages: ARNs of IAM principals, or AWS services such as `sns.amazonaws.com`."
  default     = []
  nullable    = false
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
  description = "ARNs that alarms notify, such as an SNS topic. Without one there are no alarms."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for action in var.alarm_actions : startswith(action, "arn:")])
    error_message = "alarm_actions must be ARNs, for example of an SNS topic."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Refuse to destroy queue and workers. Apply `false` before a destroy."
  default     = true
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags for every AWS object."
  default     = {}
  nullable    = false
}
