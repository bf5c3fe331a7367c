# Copyright (c) 2026 otc.modelarts contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this doc fragment is **PRIVATE** to the collection. It can have breaking changes at any time.

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
notes:
  - Credentials come from one source, namely the options, else the cloud named, else the environment. Within that source a
    token is preferred to AK/SK, and AK/SK to a password.
  - What else the connection needs (project, region, endpoint, certificates) comes from the first of the same three that
    has it.
  - E(OS_CLOUD) is ignored where O(auth) has credentials.
requirements:
  - requests
  - openstacksdk (only with O(cloud))
options:
  cloud:
    description:
      - Name of an entry of C(clouds.yaml), read through openstacksdk, which must be installed then.
      - A dictionary is taken as a whole entry, as in C(openstack.cloud). With a key C(cloud) in it, it adds to the entry of that
        name.
      - If not set, the environment variable E(OS_CLOUD) is used. E(OS_CLIENT_CONFIG_FILE) is honoured.
    type: raw
  auth:
    description:
      - Who you are. The names are those of the C(auth) option of C(openstack.cloud), so that both can share it.
    type: dict
    suboptions:
      token:
        description:
          - A token of the project. It is used as it is and cannot be renewed.
          - If not set, the environment variable E(OS_TOKEN) or E(OS_AUTH_TOKEN) is used.
        type: str
      access_key:
        description:
          - Access key (AK). With it O(auth.secret_key) is required. No token is fetched then, every request is signed.
          - If not set, the environment variable E(OS_ACCESS_KEY) is used.
        type: str
        aliases: [ak]
      secret_key:
        description:
          - Secret key (SK) of O(auth.access_key).
          - If not set, the environment variable E(OS_SECRET_KEY) is used.
        type: str
        aliases: [sk]
      security_token:
        description:
          - Security token of a temporary access key.
          - If not set, the environment variable E(OS_SECURITY_TOKEN) is used.
        type: str
      auth_url:
        description:
          - URL of IAM, such as V(https://iam.eu-de.otc.t-systems.com/v3).
          - If not set, the environment variable E(OS_AUTH_URL) is used.
        type: str
      username:
        description:
          - Name of the user. With it O(auth.password), O(auth.auth_url) and the domain of the user are required.
          - If not set, the environment variable E(OS_USERNAME) is used.
        type: str
      user_id:
        description:
          - ID of the user, in place of O(auth.username) and its domain.
          - If not set, the environment variable E(OS_USER_ID) is used.
        type: str
      password:
        description:
          - Password of the user. One token is fetched in a task.
          - If not set, the environment variable E(OS_PASSWORD) is used.
        type: str
      user_domain_name:
        description:
          - Name of the domain of the user.
          - If not set, the environment variable E(OS_USER_DOMAIN_NAME) or E(OS_DOMAIN_NAME) is used.
        type: str
        aliases: [domain_name]
      user_domain_id:
        description:
          - ID of the domain of the user, in place of O(auth.user_domain_name).
          - If not set, the environment variable E(OS_USER_DOMAIN_ID) or E(OS_DOMAIN_ID) is used.
        type: str
        aliases: [domain_id]
      project_id:
        description:
          - ID of the project. It may also stand in O(endpoint), and is an error where the two contradict each other.
          - If not set, the environment variable E(OS_PROJECT_ID) or E(OS_TENANT_ID) is used.
        type: str
        aliases: [tenant_id]
      project_name:
        description:
          - Name of the project, from which its ID is looked up where that is needed.
          - If not set, the environment variable E(OS_PROJECT_NAME) or E(OS_TENANT_NAME) is used.
        type: str
        aliases: [tenant_name]
      project_domain_name:
        description:
          - Name of the domain of O(auth.project_name), where it is not that of the user.
          - If not set, the environment variable E(OS_PROJECT_DOMAIN_NAME) is used.
        type: str
      project_domain_id:
        description:
          - ID of the domain of O(auth.project_name), where it is not that of the user.
          - If not set, the environment variable E(OS_PROJECT_DOMAIN_ID) is used.
        type: str
      default_domain_name:
        description:
          - Name of the domain of the user and of the project, where nothing more exact is said of theirs.
        type: str
      default_domain_id:
        description:
          - ID of the domain of the user and of the project, where nothing more exact is said of theirs.
          - If not set, the environment variable E(OS_DEFAULT_DOMAIN) is used.
        type: str
  region_name:
    description:
      - Name of the region, such as V(eu-de), from which the endpoint is made where no O(endpoint) and no catalog tells it.
      - If not set, the environment variable E(OS_REGION_NAME) or E(OS_REGION) is used.
    type: str
  endpoint:
    description:
      - URL of ModelArts, with or without C(/v1/<project ID>), such as V(https://modelarts.eu-de.otc.t-systems.com).
      - If not set, the environment variable E(OS_MODELARTS_ENDPOINT_OVERRIDE) is used, else the catalog of IAM, else the region.
    type: str
  validate_certs:
    description:
      - Whether certificates are verified. They are, unless this or the cloud named says V(false).
    type: bool
    aliases: [verify]
  ca_cert:
    description:
      - Path of a bundle of certificates to verify the servers against.
      - If not set, the environment variable E(OS_CACERT) is used.
    type: path
    aliases: [cacert]
  client_cert:
    description:
      - Path of a client certificate in PEM format.
    type: path
    aliases: [cert]
  client_key:
    description:
      - Path of the key of O(client_cert), where that file does not hold it. It must not be encrypted.
    type: path
    aliases: [key]
  auth_type:
    description:
      - Accepted so that one dictionary of options serves C(openstack.cloud) too. Any but a password, a token or AK/SK is refused.
    type: str
    version_added: 2.0.0
  interface:
    description:
      - Which endpoint is taken where the catalog of IAM tells more than one, V(public), V(internal) or V(admin).
    type: str
    version_added: 2.0.0
  sdk_log_path:
    description:
      - Ignored. Accepted so that one dictionary of options serves C(openstack.cloud) too.
    type: str
    version_added: 2.0.0
  sdk_log_level:
    description:
      - Ignored. Accepted so that one dictionary of options serves C(openstack.cloud) too.
    type: str
    version_added: 2.0.0
  api_timeout:
    description:
      - Seconds for one request.
    type: int
    default: 30
  api_retries:
    description:
      - How often a request is repeated after a passing failure, with pauses that grow, or as the server asks. While others of
        the task get through, a request that was throttled is repeated further.
      - Requests that change something are repeated only where the answer proves that nothing was done. A lost answer to a
        delete is followed by a look at the job.
    type: int
    default: 5
"""
