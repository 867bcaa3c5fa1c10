variable "region" {
  type        = string
  default     = "eu-west-1"
  description = "AWS Region of the application."
}

variable "name" {
  type        = string
  default     = "shop"
  description = "Name of network, servers and queue; names of AWS objects begin with it."
}

variable "cidr_block" {
  type        = string
  default     = "10.20.0.0/16"
  description = "IPv4 range of the VPC."
}

variable "web_image_id" {
  type        = string
  default     = "ami-0e5b0000000000001"
  description = "Image of the web servers. The default exists in the local AWS; on AWS, give one of yours."
}

variable "worker_image_id" {
  type        = string
  default     = "ami-0e5b0000000000011"
  description = "Image of the workers. The default exists in the local AWS, where it takes messages and deletes them; on AWS, give one of yours."
}

variable "instance_type" {
  type        = string
  default     = "t3.small"
  description = "EC2 instance type of the servers."
}

variable "web_policy_arns" {
  type        = list(string)
  default     = ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]
  description = "Policies of the web servers. On AWS, add one that lets them send to the queue."
}

variable "alarm_actions" {
  type        = list(string)
  default     = ["arn:aws:sns:eu-west-1:123456789012:operations"]
  description = "Topics that are told when messages wait for too long or are given up."
}

variable "deletion_protection" {
  type        = bool
  default     = true
  description = "Refuse to destroy the application. Apply false before a destroy."
}
