import type { Resource } from '../client.ts'

export const PODS: Resource = { apiVersion: 'v1', plural: 'pods' }
export const NODES: Resource = { apiVersion: 'v1', plural: 'nodes' }
export const JOBS: Resource = { apiVersion: 'batch/v1', plural: 'jobs' }
export const DEPLOYMENTS: Resource = { apiVersion: 'apps/v1', plural: 'deployments' }
export const EVENTS: Resource = { apiVersion: 'v1', plural: 'events' }
export const NAMESPACES: Resource = { apiVersion: 'v1', plural: 'namespaces' }
export const CONFIG_MAPS: Resource = { apiVersion: 'v1', plural: 'configmaps' }
export const SECRETS: Resource = { apiVersion: 'v1', plural: 'secrets' }
export const SERVICE_ACCOUNTS: Resource = { apiVersion: 'v1', plural: 'serviceaccounts' }
export const CLAIMS: Resource = { apiVersion: 'v1', plural: 'persistentvolumeclaims' }
export const DEFINITIONS: Resource = { apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions' }
