variable "name" {
  type        = string
  description = "Name of the network: 2 to 20 lower-case letters, digits and hyphens. Names of AWS objects begin with it."
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

variable "availability_zone_count" {
  type        = number
  description = "In how many zones the network is: 3 survives the loss of one with a third of its servers gone."
  default     = 3
  nullable    = false

  validation {
    condition     = var.availability_zone_count >= 2 && var.availability_zone_count <= 6
    error_message = "availability_zone_count must be 2 to 6: one zone alone would be a single point of failure."
  }
}

variable "instance_types" {
  type        = list(string)
  description = "EC2 instance types that every zone must offer."
  default     = []
  nullable    = false
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

variable "flow_log_destination" {
  type        = string
  description = "ARN of an S3 bucket or CloudWatch log group that records all traffic."
  default     = null

  validation {
    condition     = var.flow_log_destination == null || can(regex("^arn:[a-z-]+:(s3:::|logs:)", var.flow_log_destination))
    error_message = "flow_log_destination must be the ARN of an S3 bucket or of a CloudWatch log group, for example \"arn:aws:s3:::my-flow-logs\"."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Refuse to destroy the network. Apply `false` before a destroy."
  default     = true
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags for every AWS object."
  default     = {}
  nullable    = false
}
